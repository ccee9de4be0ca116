#pragma once

/// Fusion of ranked lists by reciprocal rank. Pure functions.

#include <cstdint>
#include <span>
#include <vector>

namespace squire {

/// One answer to be fused: rows, best first. A row counts where it stands first; repeats are passed over.
struct RankedList {
  std::span<const uint64_t> rows;
  double weight = 1;
};

struct FusedRow {
  uint64_t row = 0;
  double score = 0;
  friend bool operator==(const FusedRow&, const FusedRow&) = default;
};

/// The constant of the paper below: how little the very first ranks count over those that follow.
inline constexpr double kRankConstant = 60;

/// The `k` best rows by score = sum over the lists that hold the row of weight / (rank_constant + rank), rank from 1;
/// equal scores by row. Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion Outperforms Condorcet and Individual
/// Rank Learning Methods", SIGIR 2009.
std::vector<FusedRow> FuseRanks(std::span<const RankedList> lists, size_t k, double rank_constant = kRankConstant);

}  // namespace squire
