#include "table/writer_lease.h"

#include <map>
#include <mutex>

#include "io/process.h"

namespace squire::table {
namespace {

constexpr int kTriesMax = 8;

struct Registry {
  std::mutex mutex;
  std::map<std::pair<const FileSystem*, std::string>, std::weak_ptr<WriterLease>> leases;
};

Registry& AllLeases() {
  static Registry registry;
  return registry;
}

}  // namespace

WriterLease::WriterLease(FileSystem& fs, const Paths& paths, uint32_t id, std::unique_ptr<FileLock> lock)
    : fs_(fs),
      root_(paths.root),
      path_(JoinPath(paths.Writers(), WriterIdText(id))),
      id_(id),
      process_(ProcessId()),
      lock_(std::move(lock)) {
  fs_.BeginNursery(root_, paths.Nursery());
}

WriterLease::~WriterLease() {
  if (!is_ours()) return;  // a child's: what it calls by this name is its own
  fs_.EndNursery(root_);
  if (!leaves_file_) (void)fs_.Remove(path_);
}

bool WriterLease::is_ours() const { return process_ == ProcessId(); }

std::shared_ptr<WriterLease> WriterLease::Find(FileSystem& fs, const Paths& paths) {
  Registry& registry = AllLeases();
  const std::scoped_lock lock(registry.mutex);
  const auto found = registry.leases.find({&fs, paths.root});
  return found == registry.leases.end() ? nullptr : found->second.lock();
}

void RemoveLeftover(FileSystem& fs, const Paths& paths, const std::string& path) {
  const auto removed = fs.Remove(path);
  if (removed || removed.error().code == Code::kNotFound) return;
  LeaveTrace(fs, paths);
}

void LeaveTrace(FileSystem& fs, const Paths& paths) {
  if (const auto lease = WriterLease::Find(fs, paths)) lease->LeaveFile();
}

Result<std::shared_ptr<WriterLease>> WriterLease::Of(FileSystem& fs, const Paths& paths) {
  Registry& registry = AllLeases();
  const std::scoped_lock lock(registry.mutex);
  std::erase_if(registry.leases, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<WriterLease>& known = registry.leases[{&fs, paths.root}];
  auto lease = known.lock();
  if (lease && lease->is_ours()) return lease;
  lease = TRY(Take(fs, paths));
  known = lease;
  return lease;
}

Result<std::shared_ptr<WriterLease>> WriterLease::Take(FileSystem& fs, const Paths& paths) {
  for (int i = 0; i < kTriesMax; i++) {
    const uint32_t id = NewWriterId();
    const std::string path = JoinPath(paths.Writers(), WriterIdText(id));
    auto lock = fs.Lock(path, /*wait=*/false);
    if (!lock && lock.error().code == Code::kNotFound && fs.CreateFolders(paths.Writers()))
      lock = fs.Lock(path, /*wait=*/false);
    if (!lock && lock.error().code == Code::kConflict) continue;  // taken for dead before it was locked
    if (!lock && lock.error().code == Code::kTooManyFiles) return std::move(lock.error());
    if (!lock) return nullptr;
    // Somebody who found the file before it was locked may have removed it.
    std::shared_ptr<WriterLease> lease(new WriterLease(fs, paths, id, *std::move(lock)));
    if (fs.Stat(path)) return lease;
  }
  return nullptr;
}

namespace {

constexpr std::string_view kDead = ".dead";

Result<std::vector<std::string>> ListNamesIfThere(FileSystem& fs, const std::string& folder) {
  auto names = fs.ListNames(folder);
  if (!names && names.error().code == Code::kNotFound) return std::vector<std::string>();
  return names;
}

std::optional<uint32_t> ParseDead(std::string_view name) {
  if (!name.ends_with(kDead)) return std::nullopt;
  return ParseWriterId(name.substr(0, name.size() - kDead.size()));
}

/// True when the writer is dead, and its file, whose path then follows, tells so.
Result<bool> Bury(FileSystem& fs, std::string& path, bool only_look) {
  const auto lock = fs.Lock(path, /*wait=*/false);
  if (!lock && lock.error().code == Code::kConflict) return false;
  if (!lock) return lock.error();
  if (only_look) return true;
  const std::string dead = path + std::string(kDead);
  auto renamed = fs.Rename(path, dead);
  if (!renamed && renamed.error().code == Code::kNotFound) return false;  // somebody else was faster
  TRY(std::move(renamed));
  path = dead;
  return true;
}

}  // namespace

Result<Writers> ListWriters(FileSystem& fs, const Paths& paths, bool only_look) {
  Writers out;
  for (const std::string& name : TRY(ListNamesIfThere(fs, paths.Writers()))) {
    std::string path = JoinPath(paths.Writers(), name);
    if (const auto dead = ParseDead(name)) out.dead.push_back({*dead, path});
    const auto id = ParseWriterId(name);
    if (!id) continue;
    if (TRY(Bury(fs, path, only_look)))
      out.dead.push_back({*id, path});
    else
      out.living.push_back(*id);
  }
  return out;
}

Result<std::vector<uint32_t>> ListWriterIds(FileSystem& fs, const Paths& paths) {
  std::vector<uint32_t> out;
  for (const std::string& name : TRY(ListNamesIfThere(fs, paths.Writers())))
    if (const auto id = ParseWriterId(name)) out.push_back(*id);
  return out;
}

}  // namespace squire::table
