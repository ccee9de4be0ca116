#include "sync/index.h"

#include <algorithm>
#include <filesystem>
#include <future>

#include "base/try.h"
#include "sync/follow.h"
#include "sync/limits.h"
#include "sync/plan.h"
#include "sync/search.h"
#include "sync/state.h"
#include "sync/update.h"

namespace squire::sync {

struct Index::Impl {
  Location location;
  std::unique_ptr<embed::Embedder> update_embedder;  // of the runs
  std::unique_ptr<embed::Embedder> query_embedder;   // of questions
  std::string query_fingerprint;
  std::optional<Table> table;
  std::optional<ModelRecord> model;

  /// The newest version of the table. A table that was replaced under us is opened anew.
  Result<void> OpenTable() {
    if (table && !table->Refresh()) table.reset();
    if (!table) {
      auto opened = Table::Open(location.table());
      if (!opened && opened.error().code == Code::kNotFound)
        return NotFound("there is no index in " + location.db + " yet; `squire index` makes one", location.tree);
      table.emplace(TRY(std::move(opened)));
    }
    model = TRY(ReadModelRecord(table->schema()));
    TRY(CheckColumns(table->schema(), *model));
    return {};
  }

  Result<embed::Embedder*> QueryEmbedder() {
    if (!query_embedder || query_fingerprint != model->fingerprint) {
      query_embedder = TRY(OpenEmbedder(model->choice, 0, model->dimension));
      query_fingerprint = model->fingerprint;
    }
    const std::string& found = query_embedder->model().fingerprint;
    if (found != model->fingerprint)
      return InvalidArgument("the index was made with model " + model->fingerprint + ", this program has " + found +
                             "; `squire index --rebuild` makes it anew with that");
    return query_embedder.get();
  }
};

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Result<Index> Index::Open(const Location& location) {
  auto impl = std::make_unique<Impl>();
  impl->location = location;
  return Index(std::move(impl));
}

const Location& Index::location() const { return impl_->location; }

bool Index::exists() const {
  std::error_code error;
  return std::filesystem::exists(impl_->location.table() + "/_versions", error);
}

Result<UpdateReport> Index::Update(const UpdateOptions& options) {
  return RunUpdate(impl_->location, options, impl_->update_embedder);
}

Result<SearchAnswer> Index::Search(const SearchRequest& request) {
  TRY(impl_->OpenTable());
  // A handle belongs to one thread: the look at the tree has its own.
  auto freshness = std::async(std::launch::async, [this]() -> Result<Freshness> {
    const Table table = TRY(Table::Open(impl_->location.table()));
    TRY(CheckColumns(table.schema(), TRY(ReadModelRecord(table.schema()))));
    return MeasureFreshness(impl_->location, table);
  });
  const auto ask = [&] {
    return Ask(*impl_->table, *impl_->model, request, [this] { return impl_->QueryEmbedder(); });
  };
  auto answer = ask();
  if (!answer && answer.error().code == Code::kNotFound) {
    // The version was pruned while it was read: another is there.
    TRY(impl_->OpenTable());
    answer = ask();
  }
  auto measured = freshness.get();  // a tree that cannot be read is no reason to withhold the answer
  if (answer && measured) answer->freshness = *measured;
  return answer;
}

namespace {

uint64_t FolderBytes(const std::string& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  for (auto it = std::filesystem::recursive_directory_iterator(folder, error); !error && it != std::filesystem::end(it);
       it.increment(error)) {
    std::error_code gone;
    if (it->is_regular_file(gone)) bytes += it->file_size(gone);
  }
  return bytes;
}

}  // namespace

Result<Status> Index::GetStatus() {
  TRY(impl_->OpenTable());
  Status status;
  status.tree = impl_->location.tree;
  status.db = impl_->location.db;
  status.table = impl_->location.table();
  const TableStats stats = TRY(impl_->table->Stats());
  status.chunks = static_cast<uint64_t>(stats.rows);
  status.version = stats.version;
  status.versions = stats.versions;
  status.fragments = stats.fragments;
  status.bytes_on_disk = stats.bytes_on_disk;
  status.live_bytes = stats.live_bytes;
  status.index_bytes = FolderBytes(status.db);
  status.health = impl_->table->Health();
  status.model = impl_->model->name;
  status.fingerprint = impl_->model->fingerprint;
  status.endpoint = impl_->model->choice.url;
  status.dimension = impl_->model->dimension;
  status.followed = IsFollowed(impl_->location);
  for (const VersionInfo& version : TRY(impl_->table->Versions())) status.updated_ns = version.timestamp_ns;
  status.files = TRY(CountFiles(*impl_->table));
  if (auto state = State::Open(impl_->location.state(), false); state) {
    for (const FileState& file : TRY(state->Load())) {
      if (!file.error.empty()) status.failed++;
      if (file.chunks > 0) status.source_bytes += file.entry.size_bytes;
    }
  }
  status.limits = TRY(LoadLimits(impl_->location));
  const TableLimits limits = LimitsOf(status.limits, status.source_bytes);
  const uint64_t bytes_allowed = limits.BytesAllowed(status.live_bytes);
  status.max_bytes = bytes_allowed == UINT64_MAX ? 0 : bytes_allowed;
  if (auto freshness = MeasureFreshness(impl_->location, *impl_->table); freshness) status.freshness = *freshness;
  return status;
}

}  // namespace squire::sync
