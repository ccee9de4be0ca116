#pragma once

/// The chunk table: its columns, what its metadata says about the model, and rows made from chunks.

#include <map>
#include <string>
#include <vector>

#include "corpus/chunk.h"
#include "squire/table.h"
#include "sync/hash_key.h"
#include "sync/index.h"

namespace squire::sync {

inline constexpr char kPathColumn[] = "path";
inline constexpr char kTextColumn[] = "text";
inline constexpr char kNameColumn[] = "name";
inline constexpr char kContentHashColumn[] = "content_hash";
inline constexpr char kFileHashColumn[] = "file_hash";
inline constexpr char kVectorColumn[] = "vector";
/// How often the words of text, name and path count in an index over them: what TextSearch gives them by 2.
inline const std::vector<uint32_t> kWordBoosts = {2, 5, 3};
inline constexpr char kFingerprintKey[] = "squire.model.fingerprint";  ///< in the table's metadata

/// The model whose vectors a table holds; kept in the table's metadata, so that a question is embedded alike.
struct ModelRecord {
  EmbedderChoice choice;
  std::string name;
  std::string fingerprint;
  uint32_t dimension = 0;
};

Schema ChunkSchema(const ModelRecord& model);
/// ERRORS: Corruption when the table was not made by an index run.
Result<ModelRecord> ReadModelRecord(const Schema& schema);

/// ERRORS: Corruption when an index run cannot read or fill the table's columns.
Result<void> CheckColumns(const Schema& schema, const ModelRecord& model);

/// What is embedded for a chunk: its name and its text, and no path, so that a moved file embeds nothing.
std::string TextToEmbed(const corpus::Chunk& chunk);

/// Frontmatter as a JSON object of strings and lists; empty for none.
std::string FrontmatterJson(const corpus::Frontmatter& frontmatter);

/// Collects rows of the chunk table.
class RowBuilder {
 public:
  explicit RowBuilder(const Schema& schema);
  /// `vector` has the table's dimension. `ordinal` counts the chunks of the file.
  void Add(const std::string& path, size_t ordinal, const corpus::Chunk& chunk, const std::string& content_hash,
           const std::string& file_hash, const std::string& frontmatter, std::span<const float> vector);
  Result<Batch> Finish();

 private:
  Schema schema_;
  std::vector<ArrayBuilder> columns_;
  int64_t rows_ = 0;
};

}  // namespace squire::sync
