#pragma once

/// What Squire leaves out of a tree by itself, by name alone. Tables and pure functions.

#include <cstdint>
#include <string_view>

#include "corpus/skip.h"

namespace squire::corpus {

inline constexpr uint64_t kDataFileBytesMax = 64 << 10;  ///< Above it a csv, json, svg is data, not something to read.

/// What is never looked at, whatever is asked: .git (a file in a worktree), .hg, .svn, .squire and their like.
bool IsVersionControlName(std::string_view name);

/// Whether a file (or, for .ssh and .gnupg, a folder) holds secrets by its name: .env, .env.*, *.pem, id_rsa, *.key,
/// ...
/// `.env.example`, `.env.sample` and `.env.template` do not.
bool IsSecretName(std::string_view name, bool is_folder);

/// The reason to leave out a folder of that name by default, or kNone.
SkipReason DefaultFolderSkip(std::string_view name);

/// The reason to leave out a file of that name by default, or kNone.
SkipReason DefaultFileSkip(std::string_view name);

/// Whether a file of that name is a table or dump that is only worth indexing while it is small (kDataFileBytesMax).
bool IsDataName(std::string_view name);

}  // namespace squire::corpus
