#include "engine/watch.h"

#include <algorithm>

#include "io/descriptors.h"
#include "table/owned.h"

namespace squire {
namespace engine {
namespace {
constexpr size_t kOpenFilesMin = 4;
constexpr uint64_t kDescriptorShare = 4;
}  // namespace

Watch::Watch(const table::Snapshot& snapshot, const TableLimits& limits)
    : health_(snapshot.files()->fs(), snapshot.paths().root, table::IsOwned(snapshot.manifest())), limits_(limits) {}

Result<void> Watch::Admit(const std::shared_ptr<const table::Snapshot>& current,
                          const std::function<void()>& make_room) {
  auto admitted = limits_.Check(current, make_room);
  if (!admitted && admitted.error().code == Code::kOverBudget) {
    health_.Failed(upkeep::HealthStage::kLimits, admitted.error());
    was_refused_ = true;
  } else if (admitted && limits_.limits().any() && (was_refused_ || health_.IsRed(upkeep::HealthStage::kLimits))) {
    health_.Succeeded(upkeep::HealthStage::kLimits);
    was_refused_ = false;
  }
  return admitted;
}

void Watch::NoteUnlimited() {
  if (health_.IsRed(upkeep::HealthStage::kLimits)) health_.Succeeded(upkeep::HealthStage::kLimits);
}

void NoteFailedOpen(FileSystem& fs, const std::string& root, const Error& error) {
  if (!upkeep::IsFaultOfStore(error)) return;
  upkeep::HealthRecord record = upkeep::HealthRecord::Load(fs, root);
  if (!record.found()) return;
  record.RecordFailure(upkeep::HealthStage::kOpen, error);
  (void)record.Save();  // the error goes to the caller anyway
}

size_t OpenFilesMax(const TableOptions& options) {
  const auto share = static_cast<size_t>(DescriptorLimit() / kDescriptorShare);
  return std::max(kOpenFilesMin, std::min(options.open_files_max, share));
}

}  // namespace engine

Result<TableHealth> ReadHealth(const std::string& path) { return upkeep::ReadHealth(PosixFileSystem(), path); }

}  // namespace squire
