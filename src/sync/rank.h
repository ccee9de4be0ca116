#pragma once

/// The order of chunks that several rankings found. Pure functions; docs/search.md has the rules and what they were
/// measured on.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sync/index.h"

namespace squire::sync {

/// A chunk's place in a ranking: from 1, 0 where it is not in it.
struct RankIn {
  size_t rank = 0;
  double value = 0;  ///< what it is ranked by
};

/// A chunk that one ranking found at least.
struct Candidate {
  uint64_t row = 0;
  std::string_view path, name, kind;
  RankIn words, vector;
};

struct Ranked {
  size_t candidate = 0;
  double score = 0;
  std::vector<ScorePart> parts;  ///< they add up to the score
};

/// All candidates, best first, equal scores by row: reciprocal ranks, and what the question says about names and tests.
std::vector<Ranked> Fuse(std::string_view question, std::span<const Candidate> candidates, double word_weight,
                         double vector_weight);

/// Those of the best `files_max` files, side by side, at most `per_file` of each; a file stands where its best does.
std::vector<Ranked> GroupByFile(std::span<const Ranked> ranked, std::span<const Candidate> candidates, size_t files_max,
                                size_t per_file);

}  // namespace squire::sync
