#include "upkeep/health_watch.h"

#include "base/log.h"
#include "table/owned.h"
#include "upkeep/limits.h"

namespace squire::upkeep {

HealthWatch::HealthWatch(FileSystem& fs, const std::string& root, bool owned) : record_(fs, root), owned_(owned) {
  record_.RecordSuccess(HealthStage::kOpen);
}

void HealthWatch::set_owned(bool owned) {
  const std::scoped_lock lock(mutex_);
  owned_ = owned;
}

void HealthWatch::SaveRecord() {
  if (!owned_) return;
  if (auto saved = record_.Save(); !saved && LogEnabled(LogLevel::kWarn))
    Log(LogLevel::kWarn, "the health record is not written, and will be later: " + saved.error().ToString());
}

void HealthWatch::Succeeded(HealthStage stage) {
  const std::scoped_lock lock(mutex_);
  if (owned_) record_.Reload();  // another process may have made it red
  record_.RecordSuccess(stage);
  if (record_.IsUrgent() || !record_.found()) SaveRecord();  // made early: on a full disk it is too late for that
}

void HealthWatch::Failed(HealthStage stage, const Error& error) {
  if (!IsFaultOfStore(error) && stage != HealthStage::kLimits) return;
  const std::scoped_lock lock(mutex_);
  if (owned_) record_.Reload();
  record_.RecordFailure(stage, error);
  SaveRecord();
}

void HealthWatch::SetMeasures(const TableMeasures& measures) {
  const std::scoped_lock lock(mutex_);
  record_.SetMeasures(measures);
}

void HealthWatch::Save() {
  const std::scoped_lock lock(mutex_);
  SaveRecord();
}

bool HealthWatch::IsRed(HealthStage stage) {
  const std::scoped_lock lock(mutex_);
  return record_.Of(stage).red;
}

StageHealth HealthWatch::Of(HealthStage stage) {
  const std::scoped_lock lock(mutex_);
  return record_.Of(stage);
}

int64_t HealthWatch::RetryAfter(HealthStage stage, int64_t now_ns) {
  const std::scoped_lock lock(mutex_);
  return upkeep::RetryAfter(record_, stage, now_ns);
}

TableHealth HealthWatch::Look(const table::Snapshot& snapshot) {
  const auto measures = Measure(snapshot);
  const std::scoped_lock lock(mutex_);
  if (owned_) record_.Reload();
  if (measures) {
    record_.SetMeasures(*measures);
    record_.RecordSuccess(HealthStage::kOpen);
  } else {
    record_.RecordFailure(HealthStage::kOpen, measures.error());
  }
  // Without a record, whether one can be written tells how the disk is.
  if (owned_ && (record_.IsUrgent() || !record_.found())) {
    auto saved = record_.Save();
    if (!saved && saved.error().code == Code::kNoSpace) record_.RecordFailure(HealthStage::kCommit, saved.error());
  }
  return {record_.red(), owned_, record_.found(), record_.stages(), record_.measures()};
}

Result<TableHealth> ReadHealth(FileSystem& fs, const std::string& root) {
  auto snapshot = table::Snapshot::Open(std::make_shared<table::FileCache>(fs, 4), root);
  if (snapshot) return HealthWatch(fs, root, table::IsOwned((*snapshot)->manifest())).Look(**snapshot);
  if (const auto folder = fs.Stat(root); !folder && folder.error().code == Code::kNotFound) return snapshot.error();
  HealthRecord record = HealthRecord::Load(fs, root);
  const bool owned = record.found();
  record.RecordFailure(HealthStage::kOpen, snapshot.error());
  if (owned && IsFaultOfStore(snapshot.error())) (void)record.Save();
  return TableHealth{record.red(), owned, owned, record.stages(), record.measures()};
}

}  // namespace squire::upkeep
