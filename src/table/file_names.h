#pragma once

/// Names of the files that a write makes. They carry the id of the writer, so that what a killed one left can be told
/// from what a living one is about to publish, and from what other programs made. Values.
///
///     mark                8 hex digits of the id, 4 of its checksum: nobody's random name has both
///     data/               <mark><20 hex>.lance
///     _deletions/         <fragment>-<version>-<u64>.bin, the id in the upper half of the number
///     _transactions/      <version>-<uuid>.txn, the mark at the head of the uuid
///     _indices/           <uuid>/, the same
///     temporary names     .tmp_<mark><32 hex>
///
/// Other programs take any of these names. Source: docs/upkeep.md, "Leftovers".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace squire::table {

/// A new id: 31 random bits, few of them zero.
uint32_t NewWriterId();
/// "1a2b3c4d"
std::string WriterIdText(uint32_t id);
/// Nothing for a text that is no id.
std::optional<uint32_t> ParseWriterId(std::string_view text);

class FileNames {
 public:
  /// Without an id names are random.
  FileNames() = default;
  explicit FileNames(uint32_t writer_id) : writer_id_(writer_id) {}

  [[nodiscard]] std::string DataFile() const;
  /// Of a transaction or an index: a UUID of version 4.
  [[nodiscard]] std::string Uuid() const;
  [[nodiscard]] uint64_t DeletionId() const;
  /// For FileSystem::PublishIfAbsent and its like; empty without an id.
  [[nodiscard]] std::string Mark() const;

 private:
  std::optional<uint32_t> writer_id_;
};

/// The id that a file's name carries, or that of an index's folder; `folder` is its folder below the table's,
/// "data" ... Nothing when it carries none.
std::optional<uint32_t> WriterOf(std::string_view folder, std::string_view name);

}  // namespace squire::table
