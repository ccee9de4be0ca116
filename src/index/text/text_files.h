#pragma once

/// The files of a full-text index, in Lance's own form: what they are called, and how one part is written and opened.
/// Source: docs/text_index.md.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/text/fst_writer.h"
#include "index/text/text_part.h"
#include "lance/file_writer.h"
#include "table/file_cache.h"

namespace squire::text {

inline constexpr char kMetadataFile[] = "metadata.lance";
inline constexpr size_t kPartsMax = 4096;

/// "part_3_tokens.lance"; `what` is "tokens", "docs" or "invert".
std::string PartFileName(uint64_t part, const char* what);

/// What files of postings and the index's own say of their form.
std::map<std::string, std::string> FormMetadata(bool with_positions);

using WrittenFile = std::pair<std::string, uint64_t>;  ///< name and size
using WrittenFiles = std::vector<WrittenFile>;

/// Writes one part, words first. Belongs to one thread.
class PartWriter {
 public:
  /// Creates its files in `folder`, which exists.
  static Result<PartWriter> Create(FileSystem& fs, const std::string& folder, uint64_t part, bool with_positions);

  /// The next words of `words`, above all before, with what belongs to them; its documents are not looked at.
  Result<void> Add(IndexPart words);

  /// All documents. Syncs and closes.
  Result<WrittenFiles> Finish(std::vector<uint64_t> rows, std::vector<uint32_t> lengths);

 private:
  PartWriter(FileSystem& fs, std::string folder, uint64_t part, bool with_positions)
      : fs_(fs), folder_(std::move(folder)), part_(part), with_positions_(with_positions) {}
  [[nodiscard]] Schema InvertSchema() const;
  Result<WrittenFile> WriteWords();
  Result<WrittenFile> WriteFile(const char* what, const Batch& batch);

  FileSystem& fs_;
  std::string folder_;
  uint64_t part_ = 0;
  bool with_positions_ = false;
  uint32_t num_words_ = 0;
  uint64_t word_bytes_ = 0;
  FstWriter words_;
  std::unique_ptr<lance::FileWriter> invert_;
};

/// What an index's own file says of all its parts.
struct TextMetadata {
  std::vector<uint64_t> parts;
  std::string analyzer;  ///< JSON
  bool with_positions = false;
  bool has_fst = true;  ///< its words are automata, as they are always written; others' may be columns
};

/// Syncs and closes.
Result<WrittenFile> WriteTextMetadata(FileSystem& fs, const std::string& folder, const TextMetadata& metadata);

/// ERRORS: Corruption; Unsupported for forms that are not read, by what they are.
Result<TextMetadata> ReadTextMetadata(table::FileCache& files, const std::string& folder);

/// Opens a part. The part keeps names of files, not `files`, and opens them anew as long as the caller keeps those.
/// ERRORS: Corruption; Io, TooManyFiles.
Result<std::shared_ptr<const TextPart>> OpenPart(const std::shared_ptr<table::FileCache>& files,
                                                 const std::string& folder, uint64_t part,
                                                 const TextMetadata& metadata);

}  // namespace squire::text
