#include "upkeep/health.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace squire::upkeep {
namespace {

constexpr size_t kSlots = 2;
constexpr size_t kFileBytes = kSlots * kHealthSlotBytes;
constexpr int kLockTries = 8;  // a millisecond apart; who holds it writes a page
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kRetryFirstNs = kSecondNs, kRetryMaxNs = 300 * kSecondNs;

StageHealth& StageOf(HealthSlot& slot, const std::string& name) {
  const auto found = std::ranges::find(slot.stages, name, &StageHealth::stage);
  if (found != slot.stages.end()) return *found;
  if (slot.stages.size() == kHealthStagesMax) slot.stages.pop_back();  // of a later version; ours are fewer
  return slot.stages.emplace_back(StageHealth{.stage = name});
}

bool IsRed(const HealthSlot& slot, const std::string& name) {
  const auto found = std::ranges::find(slot.stages, name, &StageHealth::stage);
  return found != slot.stages.end() && found->red;
}

}  // namespace

std::string HealthStageName(HealthStage stage) {
  switch (stage) {
    case HealthStage::kOpen: return "open";
    case HealthStage::kCommit: return "commit";
    case HealthStage::kPrune: return "prune";
    case HealthStage::kCompact: return "compact";
    case HealthStage::kFold: return "fold";
    case HealthStage::kBallast: return "ballast";
    case HealthStage::kLimits: return "limits";
  }
  return "open";
}

std::string OwnFolder(const std::string& root) { return JoinPath(root, "_squire"); }
std::string HealthPath(const std::string& root) { return JoinPath(OwnFolder(root), "health"); }

bool IsFaultOfStore(const Error& error) {
  switch (error.code) {
    case Code::kNoSpace:
    case Code::kTooManyFiles:
    case Code::kIo:
    case Code::kCorruption:
    case Code::kCommitUnknown:
    case Code::kInternal: return true;
    case Code::kNotFound: return error.os_errno != 0;  // a file that a version names, not a column
    default: return false;
  }
}

HealthRecord HealthRecord::Load(FileSystem& fs, const std::string& root) {
  HealthRecord record(fs, root);
  record.Reload();
  return record;
}

void HealthRecord::Reload() {
  const std::string path = HealthPath(root_);
  std::vector<uint8_t> bytes(kFileBytes);
  auto file = fs_->OpenRead(path);
  if (file) {
    bytes.resize(std::min<uint64_t>((*file)->size(), kFileBytes));
    if (!(*file)->Read(0, bytes)) bytes.clear();
  } else {
    bytes.clear();
    if (file.error().code != Code::kNotFound && found_) return LayAll(slot_ = stored_);  // what was known still holds
  }
  stored_ = Newest(bytes).first;
  found_ = stored_.sequence != 0;
  slot_ = stored_;
  LayAll(slot_);
}

std::pair<HealthSlot, size_t> HealthRecord::Newest(Bytes file) {
  HealthSlot newest;
  size_t at = kSlots - 1;
  for (size_t i = 0; (i + 1) * kHealthSlotBytes <= file.size(); i++) {
    auto slot = ParseSlot(file.subspan(i * kHealthSlotBytes, kHealthSlotBytes));
    if (!slot || slot->sequence <= newest.sequence) continue;
    newest = *std::move(slot);
    at = i;
  }
  return {std::move(newest), at};
}

void HealthRecord::RecordSuccess(HealthStage stage, int64_t now_ns) {
  Unsaved& unsaved = unsaved_[HealthStageName(stage)];
  unsaved.success_ns = now_ns;
  unsaved.failures = 0;
  Lay(HealthStageName(stage), unsaved, now_ns, slot_);
}

void HealthRecord::RecordFailure(HealthStage stage, const Error& error, int64_t now_ns) {
  Unsaved& unsaved = unsaved_[HealthStageName(stage)];
  if (unsaved.failures++ == 0) unsaved.first_failure_ns = now_ns;
  unsaved.last_failure_ns = unsaved.error_ns = now_ns;
  unsaved.error = error;
  slot_ = stored_;
  LayAll(slot_);
}

void HealthRecord::SetMeasures(const TableMeasures& measures) { unsaved_measures_ = slot_.measures = measures; }

/// What others recorded later than a success of ours stands, unless it is of a future that a clock once showed.
void HealthRecord::Lay(const std::string& name, const Unsaved& unsaved, int64_t now_ns, HealthSlot& slot) {
  StageHealth& stage = StageOf(slot, name);
  const bool is_outdated = stage.red && unsaved.success_ns < stage.last_attempt_ns && stage.last_attempt_ns <= now_ns;
  if (unsaved.success_ns != 0 && !is_outdated) {
    stage.red = false;
    stage.streak = 0;
    stage.since_ns = 0;
    stage.last_attempt_ns = unsaved.success_ns;
  }
  stage.last_success_ns = std::max(stage.last_success_ns, unsaved.success_ns);
  if (unsaved.error) {
    stage.last_error = unsaved.error;
    stage.last_error_ns = unsaved.error_ns;
  }
  if (unsaved.failures == 0) return;
  if (!stage.red) stage.since_ns = unsaved.first_failure_ns;
  stage.red = true;
  stage.streak += unsaved.failures;
  stage.last_attempt_ns = unsaved.last_failure_ns;
}

void HealthRecord::LayAll(HealthSlot& slot) const {
  const int64_t now_ns = NowNs();
  for (const auto& [name, unsaved] : unsaved_) Lay(name, unsaved, now_ns, slot);
  if (unsaved_measures_) slot.measures = *unsaved_measures_;
}

bool HealthRecord::IsUrgent() const {
  return std::ranges::any_of(unsaved_, [&](const auto& entry) {
    return entry.second.failures > 0 || IsRed(stored_, entry.first) != IsRed(slot_, entry.first);
  });
}

Result<void> HealthRecord::CreateFile() {
  TRY(fs_->CreateFolders(OwnFolder(root_)));
  auto file = TRY(fs_->Create(HealthPath(root_)));
  TRY(file->Append(std::vector<uint8_t>(kFileBytes)));
  return file->Close();
}

Result<std::unique_ptr<InPlaceFile>> HealthRecord::OpenFile() {
  const std::string path = HealthPath(root_);
  Result<std::unique_ptr<InPlaceFile>> file;
  for (int i = 0; i < kLockTries; i++) {
    file = fs_->OpenInPlace(path);
    if (file && (*file)->size() == kFileBytes) return file;
    if (file) {  // what a crash left of one that was being made
      file->reset();
      TRY(fs_->Remove(path));
    } else if (file.error().code == Code::kConflict) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    } else if (file.error().code != Code::kNotFound) {
      return file;
    }
    auto created = CreateFile();
    if (!created && created.error().code != Code::kAlreadyExists) return std::move(created.error());
  }
  if (!file) return file;
  return Conflict(path + " changes under us");
}

Result<void> HealthRecord::Save() {
  auto file = TRY(OpenFile());
  std::vector<uint8_t> bytes(kFileBytes);
  TRY(file->Read(0, bytes));
  auto [slot, at] = Newest(bytes);
  const HealthSlot before = slot;
  LayAll(slot);
  slot.sequence++;
  TRY(file->Write((kSlots - 1 - at) * kHealthSlotBytes, EncodeSlot(slot)));
  found_ = true;
  stored_ = slot_ = std::move(slot);
  unsaved_.clear();
  unsaved_measures_.reset();
  const bool turned_red = std::ranges::any_of(
      slot_.stages, [&](const StageHealth& stage) { return stage.red && !IsRed(before, stage.stage); });
  return turned_red ? file->Sync() : Result<void>();
}

bool HealthRecord::red() const { return std::ranges::any_of(slot_.stages, &StageHealth::red); }

StageHealth HealthRecord::Of(HealthStage stage) const {
  const auto found = std::ranges::find(slot_.stages, HealthStageName(stage), &StageHealth::stage);
  return found != slot_.stages.end() ? *found : StageHealth{.stage = HealthStageName(stage)};
}

int64_t RetryAfter(const HealthRecord& record, HealthStage stage, int64_t now_ns) {
  const StageHealth health = record.Of(stage);
  if (!health.red || health.last_attempt_ns > now_ns) return now_ns;
  int64_t wait_ns = kRetryMaxNs;
  if (!health.last_error || health.last_error->retryable)
    wait_ns = std::min(kRetryMaxNs,
                       kRetryFirstNs << std::min<uint64_t>(health.streak - std::min<uint64_t>(health.streak, 1), 20));
  return health.last_attempt_ns + wait_ns;
}

}  // namespace squire::upkeep
