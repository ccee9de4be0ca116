#include "index/vector/exact.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace squire::vector {
namespace {

constexpr size_t kGroup = 64;  // rows of one bitmap word
constexpr int kSomeMax = 40;   // live rows of a group that are measured one by one
constexpr size_t kCacheLineBytes = 64;

void Prefetch(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; i += kCacheLineBytes) __builtin_prefetch(bytes + i);
}

}  // namespace

simd::Metric KernelMetric(squire::Metric metric) {
  switch (metric) {
    case Metric::kL2: return simd::Metric::kL2;
    case Metric::kCosine: return simd::Metric::kCosine;
    case Metric::kDot: return simd::Metric::kDot;
  }
  return simd::Metric::kL2;
}

Result<ExactSearch> ExactSearch::Make(simd::Metric metric, std::span<const float> query, size_t k,
                                      const DistanceRange& range, const simd::Kernels& kernels) {
  if (query.empty()) return InvalidArgument("the query vector has no dimensions");
  if (!std::all_of(query.begin(), query.end(), [](float value) { return std::isfinite(value); })) {
    return InvalidArgument("the query vector holds a value that is not a finite number");
  }
  return ExactSearch(metric, query, k, range, kernels);
}

ExactSearch::ExactSearch(simd::Metric metric, std::span<const float> query, size_t k, const DistanceRange& range,
                         const simd::Kernels& kernels)
    : distance_(metric, query, kernels), k_(k), range_(range), bound_(range.most()), nearest_(k, range.most()) {}

ExactSearch::ExactSearch(ExactSearch&& other) noexcept
    : distance_(std::move(other.distance_)),
      k_(other.k_),
      range_(other.range_),
      bound_(other.bound_.load()),
      nearest_(std::move(other.nearest_)) {}

Result<void> ExactSearch::AddBlock(const RowBlock& block) {
  TRY(Check(block));
  if (block.count == 0) return {};
  simd::TopK nearest(k_, bound_.load(std::memory_order_relaxed));
  Measure(block, nearest);
  const std::lock_guard lock(mutex_);
  nearest_.Merge(nearest);
  bound_.store(nearest_.bound(), std::memory_order_relaxed);
  return {};
}

void ExactSearch::AddRows(std::span<const uint8_t* const> rows, std::span<const uint64_t> ids) {
  simd::TopK nearest(k_, bound_.load(std::memory_order_relaxed));
  for (size_t i = 0; i < rows.size(); i++)
    MeasureRow(rows[i], i + 1 < rows.size() ? rows[i + 1] : nullptr, ids[i], nearest);
  const std::lock_guard lock(mutex_);
  nearest_.Merge(nearest);
  bound_.store(nearest_.bound(), std::memory_order_relaxed);
}

std::vector<simd::Neighbor> ExactSearch::Take() {
  const std::lock_guard lock(mutex_);
  bound_.store(range_.most(), std::memory_order_relaxed);
  return std::exchange(nearest_, simd::TopK(k_, range_.most())).Take();
}

Result<void> ExactSearch::Check(const RowBlock& block) const {
  if (block.count == 0) return {};
  const size_t row_bytes = 4 * distance_.dim();
  const bool fits = block.bytes.size() >= row_bytes && block.value_offset <= block.bytes.size() - row_bytes &&
                    (block.count == 1 ||
                     (block.stride_bytes > 0 &&
                      (block.bytes.size() - row_bytes - block.value_offset) / block.stride_bytes >= block.count - 1));
  if (!fits) {
    return Corruption(std::to_string(block.count) + " rows of " + std::to_string(distance_.dim()) +
                      " floats, one every " + std::to_string(block.stride_bytes) + " bytes, do not fit " +
                      std::to_string(block.bytes.size()) + " bytes");
  }
  if (!block.live.empty() && block.live.size() < CeilDiv(block.count, 64)) {
    return Corruption("the bitmap of live rows has " + std::to_string(block.live.size()) + " words for " +
                      std::to_string(block.count) + " rows");
  }
  return {};
}

void ExactSearch::MeasureRow(const uint8_t* row, const uint8_t* next, uint64_t id, simd::TopK& nearest) const {
  if (next != nullptr) Prefetch(next, 4 * distance_.dim());
  float distance = 0;
  distance_.Measure(row, 0, 1, &distance);
  if (distance >= range_.above) nearest.Push(distance, id);
}

void ExactSearch::MeasureSome(const RowBlock& block, size_t begin, uint64_t live, simd::TopK& nearest) const {
  const auto row_at = [&](size_t row) { return block.bytes.data() + row * block.stride_bytes; };
  for (; live != 0; live &= live - 1) {
    const size_t row = begin + static_cast<size_t>(__builtin_ctzll(live));
    if (row >= block.count) return;
    if (block.has_control && *row_at(row) != 0) continue;
    const uint64_t rest = live & (live - 1);
    const size_t next = rest == 0 ? block.count : begin + static_cast<size_t>(__builtin_ctzll(rest));
    MeasureRow(row_at(row) + block.value_offset, next < block.count ? row_at(next) + block.value_offset : nullptr,
               block.first_row + row, nearest);
  }
}

void ExactSearch::Measure(const RowBlock& block, simd::TopK& nearest) const {
  float distances[kGroup];
  for (size_t begin = 0; begin < block.count; begin += kGroup) {
    const size_t count = std::min(kGroup, block.count - begin);
    const uint64_t live = block.live.empty() ? ~uint64_t{0} : block.live[begin / kGroup];
    if (__builtin_popcountll(live) <= kSomeMax) {
      MeasureSome(block, begin, live, nearest);
      continue;
    }
    const uint8_t* rows = block.bytes.data() + begin * block.stride_bytes;
    distance_.Measure(rows + block.value_offset, block.stride_bytes, count, distances);
    for (size_t i = 0; i < count; ++i) {
      if (!(distances[i] <= nearest.bound()) || (live >> i & 1) == 0 || distances[i] < range_.above) continue;
      if (block.has_control && rows[i * block.stride_bytes] != 0) continue;
      nearest.Push(distances[i], block.first_row + begin + i);
    }
  }
}

}  // namespace squire::vector
