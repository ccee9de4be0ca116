#include "table/commit.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/ids.h"
#include "lance/logical_type.h"
#include "table/draft.h"
#include "table/fragment_writer.h"
#include "table/owned.h"

namespace squire::table {
namespace {

using SnapshotPtr = std::shared_ptr<const Snapshot>;
using Kind = Change::Kind;

constexpr size_t kGroupMax = 64;  // changes of one version

Result<void> CheckWritable(const Snapshot& snapshot, const Change& change) {
  const pb::Manifest& manifest = snapshot.manifest();
  TRY(lance::CheckFlags(manifest.writer_feature_flags(), lance::kWritableFlags, "written"));
  if (!change.new_fragments.empty()) (void)TRY(FileVersionOf(manifest));
  return {};
}

/// A change on its way into a version, and what became of it.
struct Request {
  SnapshotPtr base;
  const Change* change = nullptr;
  std::optional<Change> widened;              // by rows that others added, where there are any
  bool waits = false;                         // for the group's version, whose new rows it is to see
  std::optional<Result<SnapshotPtr>> result;  // written by whoever leads the group
  bool is_done = false;                       // under the queue's lock: the result may be read
};

/// Holds the version that follows `onto`, so that nobody removes it before it is opened; and makes sure that `onto` is
/// still the newest. That a name is free proves nothing: its version may have come and gone, with newer ones behind it.
/// ERRORS: AlreadyExists when another writer was first.
Result<Pin> HoldNext(const Snapshot& onto) {
  auto pin = onto.files()->PinsOf(onto.paths().root)->Take(onto.version() + 1, IsOwned(onto.manifest()));
  if (!pin && pin.error().code != Code::kConflict) return std::move(pin.error());
  const ManifestRef newest = TRY(FindManifest(onto.files()->fs(), onto.paths()));
  if (!pin || newest.version != onto.version()) return AlreadyExists("another writer was first", onto.paths().root);
  return pin;
}

/// The request's change, which deletes what others added since and it stands in for.
Result<const Change*> Widened(const Snapshot& onto, Request& request) {
  const Snapshot& base = *request.base;
  const Change* change = request.change;
  if (!change->find_added || base.version() == onto.version()) return change;
  std::vector<size_t> added;
  for (size_t i = 0; i < onto.num_fragments(); i++)
    if (base.FindFragment(onto.fragment(i).id()) == nullptr) added.push_back(i);
  if (added.empty()) return change;
  const auto found = TRY(change->find_added(onto, added));
  if (found.empty()) return change;
  const bool adds = !change->new_fragments.empty();
  if (adds && !HaveSameFields(base, onto)) return Conflict("another writer changed the schema");
  Change& widened = request.widened.emplace(*change);
  widened.kind = adds ? Kind::kUpdate : Kind::kDelete;
  for (const auto& [id, rows] : found) widened.deleted_rows.try_emplace(id, rows.num_rows()).first->second.AddAll(rows);
  return &widened;
}

/// Whether `later` may replace rows that `earlier` adds.
bool MustSee(const Change& later, const Change& earlier) {
  if (!later.find_added || earlier.new_fragments.empty()) return false;
  const bool are_known = later.keys != nullptr && earlier.keys != nullptr && later.key_column == earlier.key_column;
  return !are_known || later.keys->Meets(*earlier.keys);
}

/// Lays the requests' changes over `onto`; those that cannot be get their error. Nothing when none is left. Who must
/// see the rows that are added waits for the next version.
Result<SnapshotPtr> Attempt(const SnapshotPtr& onto, std::span<Request*> requests) {
  Draft draft(*onto);
  std::vector<const Change*> laid;
  for (Request* request : requests) {
    if (request->result) continue;
    const Change& change = *request->change;
    request->waits = std::ranges::any_of(laid, [&](const Change* earlier) { return MustSee(change, *earlier); });
    if (request->waits) continue;
    const auto add = [&]() -> Result<void> {
      TRY(CheckWritable(*onto, change));
      TRY(CheckRebase(*request->base, *onto, change));
      const Change* widened = TRY(Widened(*onto, *request));
      return draft.Add(*request->base, *widened);
    };
    auto added = add();
    if (added)
      laid.push_back(&change);
    else
      request->result = std::move(added.error());
  }
  if (laid.empty()) return SnapshotPtr();
  const Pin next = TRY(HoldNext(*onto));
  TRY(draft.Publish());
  auto opened = Snapshot::Open(onto->files(), onto->paths().root, onto->version() + 1);
  if (!opened) opened.error().code = Code::kCommitUnknown;  // the version stands: its files must not be taken back
  return opened;
}

/// To all that do not wait. False when none is left.
bool GiveAll(std::span<Request*> requests, const Result<SnapshotPtr>& result) {
  for (Request* request : requests)
    if (!request->result && !request->waits) request->result = result;
  return std::ranges::any_of(requests, &Request::waits);
}

/// Publishes the requests as one version, over as many other writers as it takes; those that must see each other's rows
/// as one after the other.
void CommitGroup(std::span<Request*> requests, const CommitOptions& options) {
  SnapshotPtr onto =
      (*std::ranges::max_element(requests, {}, [](const Request* r) { return r->base->version(); }))->base;
  for (int attempt = 0;;) {
    auto published = Attempt(onto, requests);
    if (!published && published.error().code == Code::kAlreadyExists) {
      if (++attempt > options.rebase_max) {
        published = Conflict("other writers were first " + std::to_string(options.rebase_max) + " times in a row");
      } else if (auto latest = Snapshot::Open(onto->files(), onto->paths().root)) {
        onto = *std::move(latest);
        continue;
      } else {
        published = std::move(latest.error());
      }
    }
    if (!GiveAll(requests, published)) return;
    if (published && *published) onto = *std::move(published);
    attempt = 0;
  }
}

/// Commits of one table in this process that wait while another is under way; whoever comes first when it is done
/// takes the others along.
class Queue {
 public:
  /// The queue of the table at `root`, shared by all who commit to it at this time.
  static std::shared_ptr<Queue> Of(const FileSystem& fs, const std::string& root) {
    static std::mutex mutex;
    static std::map<std::pair<const FileSystem*, std::string>, std::weak_ptr<Queue>> queues;
    const std::scoped_lock lock(mutex);
    std::erase_if(queues, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<Queue>& known = queues[{&fs, root}];
    std::shared_ptr<Queue> queue = known.lock();
    if (!queue) known = queue = std::make_shared<Queue>();
    return queue;
  }

  void Commit(Request& request, const CommitOptions& options) {
    std::unique_lock lock(mutex_);
    waiting_.push_back(&request);
    turn_.wait(lock, [&] { return request.is_done || !is_led_; });
    if (request.is_done) return;
    is_led_ = true;
    while (!request.is_done) {
      std::vector<Request*> group;
      while (!waiting_.empty() && group.size() < kGroupMax) {
        group.push_back(waiting_.front());
        waiting_.pop_front();
      }
      lock.unlock();
      CommitGroup(group, options);
      lock.lock();
      for (Request* done : group) done->is_done = true;
      turn_.notify_all();
    }
    is_led_ = false;
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::deque<Request*> waiting_;
  bool is_led_ = false;
};

}  // namespace

Result<SnapshotPtr> Commit(SnapshotPtr base, Change change, const CommitOptions& options) {
  Request request;
  request.base = base;
  request.change = &change;
  const bool can_share = change.kind == Kind::kAppend || change.kind == Kind::kDelete || change.kind == Kind::kUpdate;
  if (can_share && change.new_indices.empty()) {
    Queue::Of(base->files()->fs(), base->paths().root)->Commit(request, options);
  } else {
    Request* alone[] = {&request};
    CommitGroup(alone, options);
  }
  return *std::move(request.result);
}

Result<SnapshotPtr> CreateTable(std::shared_ptr<FileCache> files, const std::string& root, const Schema& schema,
                                const std::map<std::string, std::string>& config) {
  FileSystem& fs = files->fs();
  const Paths paths{root};
  TRY(lance::CheckSchema(schema));
  const auto versions = ListVersions(fs, paths);
  if (versions) return AlreadyExists("there is a table already", root);
  if (versions.error().code != Code::kNotFound) return versions.error();
  pb::Manifest empty;
  *empty.mutable_fields() = TRY(lance::ToFields(schema));
  for (const auto& [key, value] : schema.metadata) (*empty.mutable_schema_metadata())[key] = value;
  for (const auto& [key, value] : config) (*empty.mutable_config())[key] = value;
  if (!config.empty()) empty.set_writer_feature_flags(lance::kFlagTableConfig);
  empty.mutable_data_format()->set_file_format("lance");
  empty.mutable_data_format()->set_version("2.2");
  Version version;
  version.manifest = NextManifest(empty);
  TRY(CreateFoldersDurable(fs, std::vector{paths.Versions(), paths.Data()}));
  FileNames names;
  if (IsOwned(version.manifest))
    if (const auto lease = TRY(files->LeaseOf(root))) names = FileNames(lease->id());
  version.mark = names.Mark();
  version.transaction.set_uuid(names.Uuid());
  auto* overwrite = version.transaction.mutable_overwrite();
  *overwrite->mutable_schema() = version.manifest.fields();
  *overwrite->mutable_schema_metadata() = version.manifest.schema_metadata();
  *overwrite->mutable_config_upsert_values() = version.manifest.config();
  std::vector<std::string> leftovers;
  auto published = PublishVersion(fs, paths, paths.Manifest(1), version, leftovers);
  for (const std::string& path : leftovers) RemoveLeftover(fs, paths, path);
  TRY(std::move(published));
  auto opened = Snapshot::Open(std::move(files), root, 1);
  if (!opened) opened.error().code = Code::kCommitUnknown;  // the version stands
  return opened;
}

}  // namespace squire::table
