#pragma once

/// TextIndex: a full-text index of a table as its files have it, ready to be searched part by part. Those that Squire
/// writes and those of other Lance programs. Source: docs/text_index.md.
///
/// Immutable and safe to share between threads. Of the files words, documents and lengths are in memory; postings are
/// read when they are asked for.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "index/text/analyzer.h"
#include "index/text/text_part.h"
#include "table/snapshot.h"

namespace squire::text {

/// Over one column: of Lance's own kind, for other programs too.
inline constexpr char kTextDetailsUrl[] = "/lance.table.InvertedIndexDetails";
/// Over several columns, or by rules for words that Lance does not have: other programs leave it alone.
inline constexpr char kOwnTextDetailsUrl[] = "/squire.TextIndexDetails";

/// What a text index is of, kept with it.
struct TextIndexParameters {
  struct Column {
    int32_t field_id = -1;
    uint32_t boost = 1;  ///< a document's words of it count so many times
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::vector<Column> columns;
  std::string analyzer;  ///< how texts become words: JSON as Lance has it; "base_tokenizer" may be "code1", too
  bool with_positions = false;
  StopWords stop_words = StopWords::kLance13;  ///< of an index that is there: as its words tell

  /// But for stop words: entries of one index may differ in these.
  [[nodiscard]] bool IsMadeLike(const TextIndexParameters& other) const {
    return columns == other.columns && analyzer == other.analyzer && with_positions == other.with_positions;
  }
  friend bool operator==(const TextIndexParameters&, const TextIndexParameters&) = default;
};
/// Names of the files that hold these columns of a fragment: while it is the same, so are the values.
uint64_t HashOfFiles(const table::Fragment& fragment, std::span<const int32_t> field_ids);

/// Whether an entry of the manifest is one of a text index of a kind that may be read here.
bool IsTextIndex(const pb::IndexMetadata& index);

/// The columns that an entry says it is of. ERRORS: Corruption, Unsupported.
Result<std::vector<TextIndexParameters::Column>> ColumnsOfTextIndex(const pb::IndexMetadata& index);

/// Fragments whose rows are in the index, as far as the version knows them: to be asked anew at every version.
/// Documents of others are no answer. ERRORS: Corruption.
Result<std::set<uint64_t>> CoveredByTextIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

/// How many documents an entry that Squire wrote has; nothing for those of others.
std::optional<uint64_t> DocumentsOfTextIndex(const pb::IndexMetadata& index);

class TextIndex {
 public:
  /// REQUIRES: IsTextIndex(index). ERRORS: Corruption; Unsupported for another form, by its name; Io, TooManyFiles.
  static Result<std::shared_ptr<const TextIndex>> Open(const table::Snapshot& snapshot, const pb::IndexMetadata& index);

  [[nodiscard]] const TextIndexParameters& parameters() const { return parameters_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const TextPart>>& parts() const { return parts_; }
  /// Of all parts, rows that were deleted since among them.
  [[nodiscard]] uint64_t num_documents() const;
  [[nodiscard]] uint64_t total_words() const;

 private:
  TextIndex() = default;

  TextIndexParameters parameters_;
  std::vector<std::shared_ptr<const TextPart>> parts_;
};

}  // namespace squire::text
