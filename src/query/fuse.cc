#include "query/fuse.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace squire {

std::vector<FusedRow> FuseRanks(std::span<const RankedList> lists, size_t k, double rank_constant) {
  std::unordered_map<uint64_t, double> scores;
  for (const RankedList& list : lists) {
    std::unordered_set<uint64_t> seen;
    for (size_t i = 0; i < list.rows.size(); ++i) {
      if (!seen.insert(list.rows[i]).second) continue;
      scores[list.rows[i]] += list.weight / (rank_constant + static_cast<double>(i + 1));
    }
  }
  std::vector<FusedRow> fused;
  fused.reserve(scores.size());
  for (const auto& [row, score] : scores) fused.push_back({row, score});
  const auto better = [](const FusedRow& a, const FusedRow& b) {
    return a.score > b.score || (a.score == b.score && a.row < b.row);
  };
  const size_t kept = std::min(k, fused.size());
  std::partial_sort(fused.begin(), fused.begin() + static_cast<ptrdiff_t>(kept), fused.end(), better);
  fused.resize(kept);
  return fused;
}

}  // namespace squire
