#pragma once

/// A version of a table on disk: the manifest file with its index section and its transaction.
/// Source: docs/lance_format.md, "Manifest".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_system.h"
#include "lance/proto/table.pb.h"
#include "lance/proto/transaction.pb.h"

namespace squire::lance {

/// Feature flags, one bit each, of readers (manifest field 9) and writers (field 10).
inline constexpr uint64_t kFlagDeletions = 1u << 0;
inline constexpr uint64_t kFlagStableRowIds = 1u << 1;
inline constexpr uint64_t kFlagV2Files = 1u << 2;
inline constexpr uint64_t kFlagTableConfig = 1u << 3;
inline constexpr uint64_t kFlagBasePaths = 1u << 4;
inline constexpr uint64_t kFlagNoTransactionFiles = 1u << 5;
inline constexpr uint64_t kFlagMixedVersions = 1u << 8;
inline constexpr uint64_t kReadableFlags = kFlagDeletions | kFlagStableRowIds | kFlagV2Files | kFlagTableConfig |
                                           kFlagBasePaths | kFlagNoTransactionFiles | kFlagMixedVersions;
inline constexpr uint64_t kWritableFlags = kReadableFlags;

struct ManifestFile {
  pb::Manifest manifest;
  pb::IndexSection indices;
  std::optional<pb::Transaction> transaction;
};

/// ERRORS: Corruption with the place. Flags are not judged here.
Result<ManifestFile> ParseManifest(Bytes bytes, const std::string& path);

/// The bytes of a manifest file. Section offsets in `manifest` are set here.
std::vector<uint8_t> SerializeManifest(pb::Manifest manifest, const pb::IndexSection& indices,
                                       const pb::Transaction& transaction);

/// ERRORS: Unsupported, naming the first unknown flag.
Result<void> CheckFlags(uint64_t flags, uint64_t known, std::string_view use);

/// "18446744073709551614.manifest" of version 1: names that sort newest first.
std::string ManifestName(uint64_t version);

/// The version in a manifest's name, of either naming scheme; nothing for other files and detached versions.
std::optional<uint64_t> ParseManifestName(std::string_view name);

}  // namespace squire::lance
