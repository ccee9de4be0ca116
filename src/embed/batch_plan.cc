#include "embed/batch_plan.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace squire::embed {
namespace {

constexpr uint32_t kLengthStep = 8;
constexpr uint64_t kMaxPaddingPart = 12;

}  // namespace

std::vector<PlannedBatch> PlanBatches(std::span<const uint32_t> lengths, uint32_t max_tokens) {
  std::vector<uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return lengths[a] > lengths[b]; });
  std::vector<PlannedBatch> out;
  for (size_t at = 0; at < order.size();) {
    const uint32_t length = (lengths[order[at]] + kLengthStep - 1) / kLengthStep * kLengthStep;
    const size_t room = std::min<size_t>(order.size() - at, std::max<size_t>(max_tokens / length, 1));
    size_t count = std::bit_floor(room);
    const auto padding = [&](size_t of) {
      uint64_t sum = 0;
      for (size_t i = 0; i < of; ++i) sum += length - lengths[order[at + i]];
      return sum;
    };
    while (count > 1 && padding(count) * kMaxPaddingPart > uint64_t{length} * count) count /= 2;
    PlannedBatch& batch = out.emplace_back();
    batch.length = length;
    batch.texts.assign(order.begin() + static_cast<ptrdiff_t>(at), order.begin() + static_cast<ptrdiff_t>(at + count));
    at += count;
  }
  return out;
}

}  // namespace squire::embed
