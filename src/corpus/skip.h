#pragma once

/// Why a file or folder of the tree is not in the index. One list for scanning and reading, so that counts add up.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace squire::corpus {

enum class SkipReason : uint8_t {
  kVersionControl,  ///< Version control's own (.git, .hg, ...) or .squire itself; never read, whatever is asked.
  kExcluded,        ///< Matches --exclude.
  kSecret,          ///< By its name a key, a password file or .env.
  kSquireIgnore,    ///< A .squireignore pattern.
  kGitIgnore,       ///< A .gitignore pattern, .git/info/exclude or git's global excludes file.
  kBuildOutput,     ///< A folder of made or fetched things: node_modules, build, __pycache__, a virtual environment.
  kBinary,          ///< Not text, by extension or by content.
  kGenerated,       ///< Minified code, source maps, and what else is made for machines.
  kLockFile,        ///< A package manager's lock file.
  kData,            ///< A data file (csv, json, svg, ...) over 64 KiB.
  kTooLarge,        ///< Over the limit on file size.
  kSymlink,         ///< A symbolic link: inside the tree its target is indexed under its own name, outside never.
  kSpecial,         ///< A socket, pipe or device.
  kBadName,         ///< A name that is not UTF-8 or holds control characters.
  kTooDeep,         ///< Nested deeper than the limit, or with a path longer than the system allows.
  kUnreadable,      ///< Permission, or an I/O error.
  kVanished,        ///< It was listed and was gone, or kept changing while it was read.
  kNone,            ///< Not skipped; keep last.
};

inline constexpr size_t kSkipReasons = static_cast<size_t>(SkipReason::kNone);
using SkipCounts = std::array<uint64_t, kSkipReasons>;

/// The reason's name as printed and in JSON: "gitignore", "too_large".
std::string_view SkipReasonName(SkipReason reason);

/// Whether the reason is a failure to be told (unreadable, vanished, bad name, too deep), rather than a rule at work.
bool IsFailure(SkipReason reason);

}  // namespace squire::corpus
