#include "upkeep/merge_policy.h"

#include <algorithm>
#include <span>

namespace squire::upkeep {
namespace {

// Tiers of a size-tiered merge: the first holds fragments below its limit, each other one those up to so many times as
// great. So many of one tier, with nothing greater between them, become one of the next.
constexpr uint64_t kFirstTierBytes = 256 << 10;
constexpr uint64_t kTierFactor = 8;
constexpr size_t kFirstTierWidth = 16;
constexpr size_t kTierWidth = 8;

constexpr uint64_t kUnaskedFileBytesMin = 64 << 20;
constexpr uint64_t kUnaskedFileShare = 16;         // of the live bytes
constexpr size_t kFragmentsMax = 56;               // a merge is looked for whatever its cost
constexpr uint64_t kDeadBytesMin = 8 << 20;        // dead rows below this are left
constexpr uint64_t kDeadBytesPressed = 256 << 10;  // the same on a full disk or at a bound
constexpr uint64_t kDeadPercentMax = 40;           // of the live bytes
constexpr uint64_t kDeadPercentWorth = 20;         // of a fragment, to rewrite it
constexpr uint64_t kDeadPercentPressed = 5;

uint64_t TierLimit(size_t tier) {
  uint64_t limit = kFirstTierBytes;
  while (tier-- > 0) limit *= kTierFactor;
  return limit;
}
size_t TierOf(uint64_t bytes) {
  size_t tier = 0;
  for (uint64_t limit = kFirstTierBytes; bytes >= limit && limit < UINT64_MAX / kTierFactor; limit *= kTierFactor)
    tier++;
  return tier;
}

uint64_t SumLive(std::span<const FragmentSize> sizes) {
  uint64_t sum = 0;
  for (const FragmentSize& size : sizes) sum += size.live_bytes;
  return sum;
}

/// The newest run of fragments up to `tier` that ends in and begins with one of that very tier, and holds enough of
/// them or about as many bytes as may be written.
std::optional<FragmentRun> FindTierRun(std::span<const FragmentSize> sizes, size_t tier, uint64_t bytes_max) {
  const size_t width = tier == 0 ? kFirstTierWidth : kTierWidth;
  for (size_t end = sizes.size(); end > 0; end--) {
    size_t members = 0, first_member = end;
    uint64_t live = 0, live_of_members = 0;
    for (size_t at = end; at > 0 && TierOf(sizes[at - 1].bytes) <= tier; at--) {
      live += sizes[at - 1].live_bytes;
      if (live > bytes_max) break;
      if (TierOf(sizes[at - 1].bytes) == tier) {
        members++;
        first_member = at - 1;
        live_of_members = live;
      } else if (members == 0) {
        break;
      }
    }
    if (members >= width || (members > 1 && live_of_members >= bytes_max / 2))
      return FragmentRun{first_member, end - first_member};
  }
  return std::nullopt;
}

/// The fragment with the greatest share of dead bytes of those that fit into `room`, where there are too many of them
/// in all, or more than the disk has left, or than is to be had at a bound.
std::optional<FragmentRun> FindDead(std::span<const FragmentSize> sizes, uint64_t room, bool is_pressed) {
  const uint64_t live = SumLive(sizes);
  uint64_t dead = 0;
  const auto percent = [&](const FragmentSize& size) {
    return size.bytes == 0 || size.live_bytes > room ? 0 : 100 - size.live_bytes * 100 / size.bytes;
  };
  for (const FragmentSize& size : sizes) dead += size.bytes - size.live_bytes;
  const uint64_t dead_max = std::max(kDeadBytesMin, live * kDeadPercentMax / 100);
  const uint64_t dead_in_room = is_pressed ? kDeadBytesPressed : std::max(kDeadBytesPressed, room);
  if (dead <= std::min(dead_max, dead_in_room)) return std::nullopt;
  const auto worst = std::ranges::max_element(sizes, {}, percent);
  if (percent(*worst) < (is_pressed ? kDeadPercentPressed : kDeadPercentWorth)) return std::nullopt;
  return FragmentRun{static_cast<size_t>(worst - sizes.begin()), 1};
}

/// The cheapest run to merge when there are too many fragments: as many at once as may be written.
std::optional<FragmentRun> FindCheapest(std::span<const FragmentSize> sizes, uint64_t bytes_max) {
  if (sizes.size() <= kFragmentsMax) return std::nullopt;
  for (size_t width = kTierWidth; width > 1; width--) {
    FragmentRun best{0, width};
    uint64_t best_bytes = UINT64_MAX;
    for (size_t first = 0; first + width <= sizes.size(); first++) {
      const uint64_t bytes = SumLive(sizes.subspan(first, width));
      if (bytes >= best_bytes) continue;
      best_bytes = bytes;
      best.first = first;
    }
    if (best_bytes <= bytes_max) return best;
  }
  return std::nullopt;  // only great ones are left
}

}  // namespace

Result<std::vector<FragmentSize>> SizesOf(const table::Snapshot& snapshot) {
  std::vector<FragmentSize> out;
  for (size_t i = 0; i < snapshot.num_fragments(); i++) {
    const table::Fragment& fragment = snapshot.fragment(i);
    FragmentSize size;
    for (const pb::DataFile& file : fragment.meta().files()) {
      if (file.file_size_bytes() != 0) {
        size.bytes += file.file_size_bytes();
        continue;
      }
      const auto info = snapshot.files()->fs().Stat(JoinPath(TRY(snapshot.DataFolder(file)), file.path()));
      if (!info && info.error().code != Code::kNotFound) return info.error();
      if (info) size.bytes += info->size_bytes;
    }
    size.rows = static_cast<uint64_t>(fragment.physical_rows());
    const double share =
        size.rows == 0 ? 0 : static_cast<double>(fragment.live_rows()) / static_cast<double>(size.rows);
    size.live_bytes = static_cast<uint64_t>(static_cast<double>(size.bytes) * share);
    out.push_back(size);
  }
  return out;
}

uint64_t UnaskedFileBytesMax(std::span<const FragmentSize> sizes) {
  return std::max(kUnaskedFileBytesMin, SumLive(sizes) / kUnaskedFileShare);
}

std::optional<FragmentRun> NextMerge(std::span<const FragmentSize> sizes, uint64_t room, bool is_pressed) {
  const uint64_t bytes_max = UnaskedFileBytesMax(sizes);
  std::optional<FragmentRun> merge;
  for (size_t tier = 0; !merge && (tier == 0 || TierLimit(tier - 1) < bytes_max / 2); tier++)
    merge = FindTierRun(sizes, tier, bytes_max);
  if (merge && SumLive(sizes.subspan(merge->first, merge->count)) <= room) return merge;
  if (auto dead = FindDead(sizes, room, is_pressed)) return dead;
  return merge ? merge : FindCheapest(sizes, bytes_max);
}

std::vector<FragmentRun> PlanCompaction(std::span<const FragmentSize> sizes, const CompactOptions& options) {
  const auto has_many_deleted = [&](const FragmentSize& size) {
    const auto dead = static_cast<double>(size.bytes - size.live_bytes);
    return dead > 0 && dead >= options.deleted_share_min * static_cast<double>(size.bytes);
  };
  const auto is_small = [&](const FragmentSize& size) { return size.bytes < options.target_bytes; };
  std::vector<FragmentRun> runs;
  FragmentRun run;
  uint64_t live = 0;
  const auto finish = [&] {
    const auto chosen = sizes.subspan(run.first, run.count);
    const bool has_dead = std::ranges::any_of(chosen, [](const FragmentSize& s) { return s.bytes > s.live_bytes; });
    if (run.count > 1 || (run.count == 1 && has_dead)) runs.push_back(run);
    run = {};
    live = 0;
  };
  for (size_t i = 0; i < sizes.size(); i++) {
    if (!is_small(sizes[i]) && !has_many_deleted(sizes[i])) {
      finish();
      continue;
    }
    if (run.count > 0 && live + sizes[i].live_bytes > options.target_bytes) finish();
    if (run.count == 0) run.first = i;
    run.count++;
    live += sizes[i].live_bytes;
  }
  finish();
  return runs;
}

}  // namespace squire::upkeep
