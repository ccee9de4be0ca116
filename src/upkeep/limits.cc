#include "upkeep/limits.h"

#include <algorithm>

#include "base/clock.h"
#include "io/descriptors.h"

namespace squire {

uint64_t TableLimits::BytesAllowed(uint64_t live_bytes) const {
  uint64_t allowed = max_bytes > 0 ? max_bytes : UINT64_MAX;
  if (max_bytes_per_live > 0) {
    const double times_live =
        std::max(max_bytes_per_live * static_cast<double>(live_bytes), static_cast<double>(kMultipleBytesMin));
    if (times_live < static_cast<double>(allowed)) allowed = static_cast<uint64_t>(times_live);
  }
  return allowed;
}

namespace upkeep {
namespace {

constexpr uint64_t kVersionsPerMeasure = 8;
constexpr double kNear = 0.75;                   // of a bound
constexpr uint64_t kBytesPerVersion = 64 << 10;  // its manifest and other small files
constexpr char kWayOut[] = "delete rows, compact, remove tags that hold old versions, or raise the limit";

}  // namespace

Result<void> CheckLimits(const TableMeasures& measures, const TableLimits& limits) {
  const uint64_t allowed = limits.BytesAllowed(measures.live_bytes);
  if (measures.bytes > allowed) {
    return OverBudget("the table takes " + std::to_string(measures.bytes) + " bytes (" +
                      std::to_string(measures.live_bytes) + " of them live), max_bytes allows " +
                      std::to_string(allowed) + ": " + kWayOut);
  }
  if (limits.max_versions > 0 && measures.versions > limits.max_versions) {
    return OverBudget("the table keeps " + std::to_string(measures.versions) + " versions, max_versions allows " +
                      std::to_string(limits.max_versions) + ": " + kWayOut);
  }
  if (measures.free_bytes < limits.min_free_disk) {
    return OverBudget("the disk has " + std::to_string(measures.free_bytes) + " bytes free, min_free_disk asks for " +
                      std::to_string(limits.min_free_disk) + ": free some room, " + kWayOut);
  }
  return {};
}

TableMeasures MeasuresOf(const table::Snapshot& snapshot, const TableBytes& bytes) {
  TableMeasures measures;
  measures.bytes = bytes.on_disk;
  measures.live_bytes = bytes.live;
  measures.versions = bytes.versions;
  measures.fragments = snapshot.num_fragments();
  measures.files = bytes.files;
  measures.descriptors = OpenDescriptors();
  measures.measured_ns = NowNs();
  return measures;
}

Result<TableMeasures> Measure(const table::Snapshot& snapshot) {
  const TableBytes bytes = TRY(MeasureTable(snapshot));
  TableMeasures measures = MeasuresOf(snapshot, bytes);
  measures.free_bytes = TRY(snapshot.files()->fs().FreeBytes(snapshot.paths().root));
  return measures;
}

bool LimitGuard::IsFar(const table::Snapshot& current) const {
  if (measured_version_ == 0 || current.version() < measured_version_) return false;
  const uint64_t versions = current.version() - measured_version_;
  if (versions >= kVersionsPerMeasure) return false;
  uint64_t grown = versions * kBytesPerVersion;
  for (const pb::DataFragment& fragment : current.manifest().fragments()) {
    if (fragment.id() < measured_fragment_) continue;
    for (const pb::DataFile& file : fragment.files()) grown += file.file_size_bytes();
  }
  const auto is_near = [](double value, double bound) { return value > bound * kNear; };
  if (is_near(static_cast<double>(measured_.bytes) + static_cast<double>(grown),
              static_cast<double>(limits_.BytesAllowed(measured_.live_bytes))))
    return false;
  if (limits_.max_versions > 0 && measured_.versions + versions >= limits_.max_versions) return false;
  return limits_.min_free_disk == 0 ||
         (measured_.free_bytes > grown &&
          !is_near(static_cast<double>(limits_.min_free_disk), static_cast<double>(measured_.free_bytes - grown)));
}

Result<void> LimitGuard::Check(const std::shared_ptr<const table::Snapshot>& current,
                               const std::function<void()>& make_room) {
  if (!limits_.any() || IsFar(*current)) return {};
  for (uint64_t bytes_before = UINT64_MAX;; bytes_before = measured_.bytes) {
    measured_ = TRY(Measure(*current));
    measured_version_ = current->version();
    measured_fragment_ =
        current->manifest().has_max_fragment_id() ? uint64_t{current->manifest().max_fragment_id()} + 1 : 0;
    auto checked = CheckLimits(measured_, limits_);
    if (checked) return {};
    if (measured_.bytes >= bytes_before) {
      measured_version_ = 0;
      return checked;
    }
    make_room();
  }
}

}  // namespace upkeep
}  // namespace squire
