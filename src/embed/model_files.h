#pragma once

/// Where the local model's files lie, and those of them that are read here. Immutable once open; share freely.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/try.h"

namespace squire::embed {

/// Tokens of a text that the model reads, [CLS] and [SEP] included: what it was trained with.
inline constexpr uint32_t kMaxTokens = 256;

/// `name` below the folder that holds the executable's folder ("lib" -> /opt/squire/lib for /opt/squire/bin/squire).
std::filesystem::path BesideExecutable(const std::filesystem::path& name);

/// The folders in which prepared models may lie: beside the model, then below $XDG_CACHE_HOME or ~/.cache.
std::vector<std::filesystem::path> CacheFolders(const std::filesystem::path& model_dir);

/// model.json, checked.
struct ModelDescription {
  std::string name;
  std::string weights_sha256;
  uint32_t dimension = 0;
  uint32_t vocabulary = 0;
  uint32_t max_tokens = 0;

  /// ERRORS: NotFound with the way out when there is no model; Corruption.
  static Result<ModelDescription> Read(const std::filesystem::path& model_dir);
};

/// The whole of a file of at most `limit` bytes.
Result<std::string> ReadSmallFile(const std::filesystem::path& path, size_t limit);

/// Word and position embeddings (tables.bin), mapped: of 23 MB only the pages of words met are ever read.
class EmbeddingTables {
 public:
  static Result<EmbeddingTables> Open(const std::filesystem::path& model_dir, const ModelDescription& model);
  ~EmbeddingTables();
  EmbeddingTables(EmbeddingTables&& other) noexcept;
  EmbeddingTables& operator=(EmbeddingTables&&) = delete;

  /// Writes the summed embeddings of `ids` to `out` [ids.size(), dimension].
  /// REQUIRES: ids.size() <= max_tokens, each < vocabulary.
  void Embed(std::span<const uint32_t> ids, float* out) const;

 private:
  EmbeddingTables(Bytes map, const ModelDescription& model)
      : map_(map), dimension_(model.dimension), vocabulary_(model.vocabulary) {}

  Bytes map_;
  size_t dimension_;
  size_t vocabulary_;
};

}  // namespace squire::embed
