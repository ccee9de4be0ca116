#pragma once

/// Vectors for chunks: from the table's own rows, from the spool of an interrupted run, or from the model.
/// Belongs to one thread, under the write lock.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "embed/embedder.h"
#include "squire/table.h"
#include "sync/hash_key.h"
#include "sync/rows.h"
#include "sync/spool.h"

namespace squire::sync {

/// Opens the embedder that `choice` names; an endpoint must be one that the user trusts (trust.h).
Result<std::unique_ptr<embed::Embedder>> OpenEmbedder(const EmbedderChoice& choice, int threads,
                                                      uint32_t dimension = 0);

struct VectorCounts {
  uint64_t embedded = 0, reused = 0, resumed = 0;
};

class VectorSource {
 public:
  using EmbedderFactory = std::function<Result<embed::Embedder*>()>;

  /// `table` may be null. Its rows are reused when they are of `model`.
  VectorSource(const Table* table, const ModelRecord& model, Spool spool, EmbedderFactory open_embedder)
      : table_(table), model_(model), spool_(std::move(spool)), open_embedder_(std::move(open_embedder)) {}

  /// The vectors for `keys`, row by row; `texts[i]` is embedded when nobody has the vector of keys[i]. Equal keys are
  /// embedded once. Vectors go to the spool as they are made. `made` hears how many, now and then.
  Result<std::vector<float>> Get(std::span<const HashKey> keys, std::span<const std::string> texts,
                                 std::stop_token stop, const std::function<void(uint64_t done, uint64_t total)>& made);

  /// The vectors given out so far are in the table, whose rows may lie elsewhere now.
  Result<void> Committed() {
    known_.reset();
    return spool_.Empty();
  }

  [[nodiscard]] const VectorCounts& counts() const { return counts_; }
  [[nodiscard]] const embed::EmbedStats& stats() const { return stats_; }

 private:
  struct Known {
    HashKey key;
    uint64_t row_address;
  };
  Result<void> LoadKnown();
  Result<void> ReadFromTable(std::span<const HashKey> keys, std::vector<float>& out, std::vector<size_t>& missing);
  Result<void> Embed(std::span<const HashKey> keys, std::span<const std::string> texts, std::vector<size_t> missing,
                     std::vector<float>& out, std::stop_token stop,
                     const std::function<void(uint64_t, uint64_t)>& made);

  const Table* table_;
  const ModelRecord& model_;
  Spool spool_;
  EmbedderFactory open_embedder_;
  std::optional<std::vector<Known>> known_;  // by key; loaded when first needed
  VectorCounts counts_;
  embed::EmbedStats stats_;
};

}  // namespace squire::sync
