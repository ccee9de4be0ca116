#pragma once

/// TextScorer: exact BM25 over documents as they stream by, without an index. One pass counts the query's words and the
/// documents' lengths; Finish knows all documents and scores.
///
/// THREADS: AddBatch may be called from several threads at once; Finish after all of them have returned. The answer
/// does not depend on how documents were batched or ordered.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "index/text/bm25_options.h"
#include "index/text/query.h"
#include "simd/kernels.h"

namespace squire::text {

struct TextDocument {
  uint64_t row = 0;
  std::string_view text;
  std::string_view name;
  std::string_view path;  ///< neighbours that share it are read once
  /// False for a document that the caller's filter leaves out: it counts in N, df and the mean length, so that a filter
  /// changes no score, but is never an answer.
  bool wanted = true;
};

struct TextHit {
  uint64_t row = 0;
  double score = 0;
  friend bool operator==(const TextHit&, const TextHit&) = default;
};

class TextScorer {
 public:
  explicit TextScorer(TextQuery query, const Bm25Options& options = {},
                      const simd::Kernels& kernels = simd::ActiveKernels());
  ~TextScorer();
  TextScorer(const TextScorer&) = delete;
  TextScorer& operator=(const TextScorer&) = delete;

  /// Counts a batch; its text need not outlive the call. Better in thousands than one by one.
  /// Memory kept: 24 bytes for each document that holds a word and meets the clauses, 16 for each such word in it.
  void AddBatch(std::span<const TextDocument> documents);

  /// The `k` best wanted documents that hold at least one word of the query and meet its phrases and signs, best first,
  /// equal scores by row. May be called again.
  [[nodiscard]] std::vector<TextHit> Finish(size_t k) const;

  /// All documents counted so far: those with a word.
  [[nodiscard]] uint64_t documents() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace squire::text
