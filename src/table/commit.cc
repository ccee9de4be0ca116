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
  if (change.kind == Kind::kRewrite && manifest.writer_feature_flags() & lance::kFlagStableRowIds)
    return Unsupported("a table with stable row ids is not compacted", snapshot.paths().root);
  return {};
}

/// A change on its way into a version, and what became of it.
struct Request {
  SnapshotPtr base;
  const Change* change = nullptr;
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

/// Lays the requests' changes over `onto`; those that cannot be get their error. Nothing when none is left.
Result<SnapshotPtr> Attempt(const SnapshotPtr& onto, std::span<Request*> requests) {
  Draft draft(*onto);
  bool any = false;
  for (Request* request : requests) {
    if (request->result) continue;
    const auto add = [&]() -> Result<void> {
      TRY(CheckWritable(*onto, *request->change));
      TRY(CheckRebase(*request->base, *onto, *request->change));
      return draft.Add(*request->base, *request->change);
    };
    auto added = add();
    if (added)
      any = true;
    else
      request->result = std::move(added.error());
  }
  if (!any) return SnapshotPtr();
  const Pin next = TRY(HoldNext(*onto));
  TRY(draft.Publish());
  auto opened = Snapshot::Open(onto->files(), onto->paths().root, onto->version() + 1);
  if (!opened) opened.error().code = Code::kCommitUnknown;  // the version stands: its files must not be taken back
  return opened;
}

void GiveAll(std::span<Request*> requests, const Result<SnapshotPtr>& result) {
  for (Request* request : requests)
    if (!request->result) request->result = result;
}

/// Publishes the requests as one version, over as many other writers as it takes.
void CommitGroup(std::span<Request*> requests, const CommitOptions& options) {
  SnapshotPtr onto =
      (*std::ranges::max_element(requests, {}, [](const Request* r) { return r->base->version(); }))->base;
  for (int attempt = 0; attempt <= options.rebase_max; attempt++) {
    auto published = Attempt(onto, requests);
    if (published || published.error().code != Code::kAlreadyExists) return GiveAll(requests, published);
    auto latest = Snapshot::Open(onto->files(), onto->paths().root);
    if (!latest) return GiveAll(requests, latest);
    onto = *std::move(latest);
  }
  GiveAll(requests, Conflict("other writers were first " + std::to_string(options.rebase_max) + " times in a row"));
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
  Request request{base, &change, {}};
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
