#include "io/memory.h"

#include <cerrno>
#include <random>

#include "base/clock.h"

namespace squire {

/// A file or a folder. Names hold nodes, so that a file may have several.
struct MemoryFileSystem::Node {
  bool is_folder = false;
  int64_t mtime_ns = 0;
  // of a file
  std::vector<uint8_t> bytes, durable_bytes;
  uint64_t reserved_bytes = 0;  // without content
  [[nodiscard]] uint64_t size_bytes() const { return bytes.size() + reserved_bytes; }
  // of a folder
  std::map<std::string, NodePtr> names, durable_names;
};

namespace {

/// "a/b" of "/a//b/".
std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (end > at) parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

class MemoryFileSystem::Reader : public RandomAccessFile {
 public:
  Reader(MemoryFileSystem& fs, NodePtr node, std::string path)
      : fs_(fs), node_(std::move(node)), path_(std::move(path)), size_bytes_(node_->bytes.size()) {
    fs_.open_handles_++;
  }
  ~Reader() override {
    const std::scoped_lock lock(fs_.mutex_);
    fs_.open_handles_--;
  }
  [[nodiscard]] uint64_t size() const override { return size_bytes_; }
  Result<void> ReadMany(std::span<const ReadRange> ranges) const override {
    const std::scoped_lock lock(fs_.mutex_);
    for (const ReadRange& range : ranges) {
      if (range.offset > node_->bytes.size() || range.out.size() > node_->bytes.size() - range.offset)
        return Corruption("the file ends at byte " + std::to_string(node_->bytes.size()) + ", more is wanted", path_);
      std::copy_n(node_->bytes.begin() + static_cast<ptrdiff_t>(range.offset), range.out.size(), range.out.begin());
    }
    return {};
  }

 private:
  MemoryFileSystem& fs_;
  NodePtr node_;
  std::string path_;
  uint64_t size_bytes_;
};

class MemoryFileSystem::Writer : public WritableFile {
 public:
  Writer(MemoryFileSystem& fs, NodePtr node, std::string path)
      : fs_(fs), node_(std::move(node)), path_(std::move(path)) {
    fs_.open_handles_++;
  }
  ~Writer() override {
    const std::scoped_lock lock(fs_.mutex_);
    if (is_closed_) return;
    fs_.open_handles_--;
    const auto place = fs_.FindPlace(path_);
    if (!place) return;
    const auto found = place->folder->names.find(place->name);
    if (found != place->folder->names.end() && found->second == node_) place->folder->names.erase(found);
  }
  Result<void> Append(Bytes bytes) override {
    const std::scoped_lock lock(fs_.mutex_);
    if (is_closed_) return Internal("a closed file is written");
    const Bytes fitting = bytes.first(std::min<uint64_t>(fs_.Room(), bytes.size()));
    node_->bytes.insert(node_->bytes.end(), fitting.begin(), fitting.end());
    node_->mtime_ns = NowNs();
    if (fitting.size() < bytes.size()) return FromErrno(ENOSPC, "cannot write", path_);
    return {};
  }
  [[nodiscard]] uint64_t size() const override {
    const std::scoped_lock lock(fs_.mutex_);
    return node_->bytes.size();
  }
  Result<void> Sync() override {
    fs_.BeforeSync();
    const std::scoped_lock lock(fs_.mutex_);
    if (is_closed_) return Internal("a closed file is synced");
    fs_.syncs_++;
    node_->durable_bytes = node_->bytes;
    if (fs_.options_.names_follow_file_sync) fs_.SyncNames(path_);
    return {};
  }
  Result<void> Close() override {
    const std::scoped_lock lock(fs_.mutex_);
    if (!is_closed_) fs_.open_handles_--;
    is_closed_ = true;
    return {};
  }

 private:
  MemoryFileSystem& fs_;
  NodePtr node_;
  std::string path_;
  bool is_closed_ = false;
};

class MemoryFileSystem::HeldLock : public FileLock {
 public:
  /// REQUIRES: the file system's mutex is held, and nobody has the lock.
  HeldLock(MemoryFileSystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {
    fs_.locked_.insert(path_);
    fs_.open_handles_++;
  }
  ~HeldLock() override {
    const std::scoped_lock lock(fs_.mutex_);
    fs_.locked_.erase(path_);
    fs_.open_handles_--;
    fs_.lock_freed_.notify_all();
  }

 private:
  MemoryFileSystem& fs_;
  std::string path_;
};

class MemoryFileSystem::InPlace : public InPlaceFile {
 public:
  InPlace(MemoryFileSystem& fs, NodePtr node, std::string path)
      : fs_(fs), node_(std::move(node)), path_(path), size_bytes_(node_->bytes.size()), lock_(fs, std::move(path)) {}
  [[nodiscard]] uint64_t size() const override { return size_bytes_; }
  Result<void> Read(uint64_t offset, MutableBytes out) const override {
    const std::scoped_lock lock(fs_.mutex_);
    if (offset > size_bytes_ || out.size() > size_bytes_ - offset) return Corruption("the file ends before", path_);
    std::copy_n(node_->bytes.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }
  Result<void> Write(uint64_t offset, Bytes bytes) override {
    const std::scoped_lock lock(fs_.mutex_);
    if (offset > size_bytes_ || bytes.size() > size_bytes_ - offset)
      return InvalidArgument("a write beyond the end of " + path_);
    std::ranges::copy(bytes, node_->bytes.begin() + static_cast<ptrdiff_t>(offset));
    node_->mtime_ns = NowNs();
    return {};
  }
  Result<void> Sync() override {
    fs_.BeforeSync();
    const std::scoped_lock lock(fs_.mutex_);
    fs_.syncs_++;
    node_->durable_bytes = node_->bytes;
    if (fs_.options_.names_follow_file_sync) fs_.SyncNames(path_);
    return {};
  }

 private:
  MemoryFileSystem& fs_;
  NodePtr node_;
  std::string path_;
  uint64_t size_bytes_;
  HeldLock lock_;
};

MemoryFileSystem::NodePtr MemoryFileSystem::NewFolder() {
  auto folder = std::make_shared<Node>();
  folder->is_folder = true;
  folder->mtime_ns = NowNs();
  return folder;
}

Result<MemoryFileSystem::NodePtr> MemoryFileSystem::Find(const std::string& path) const {
  NodePtr node = root_;
  for (const std::string& part : Parts(path)) {
    const auto found = node->names.find(part);
    if (found == node->names.end()) return FromErrno(node->is_folder ? ENOENT : ENOTDIR, "cannot find", path);
    node = found->second;
  }
  return node;
}

Result<MemoryFileSystem::Place> MemoryFileSystem::FindPlace(const std::string& path) const {
  const auto parts = Parts(path);
  if (parts.empty()) return FromErrno(EINVAL, "no name", path);
  NodePtr folder = TRY(Find(FolderOf(path) == "." ? "" : FolderOf(path)));
  if (!folder->is_folder) return FromErrno(ENOTDIR, "cannot find", path);
  return Place{std::move(folder), parts.back()};
}

Result<std::unique_ptr<RandomAccessFile>> MemoryFileSystem::OpenRead(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  NodePtr node = TRY(Find(path));
  if (node->is_folder) return InvalidArgument(path + " is not a plain file");
  return std::make_unique<Reader>(*this, std::move(node), path);
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::Create(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const Place place = TRY(FindPlace(path));
  if (place.folder->names.contains(place.name)) return FromErrno(EEXIST, "cannot create", path);
  auto node = std::make_shared<Node>();
  node->mtime_ns = NowNs();
  place.folder->names[place.name] = node;
  return std::make_unique<Writer>(*this, std::move(node), path);
}

Result<std::unique_ptr<InPlaceFile>> MemoryFileSystem::OpenInPlace(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  NodePtr node = TRY(Find(path));
  if (node->is_folder) return InvalidArgument(path + " is not a plain file");
  if (locked_.contains(path)) return Conflict(path + " is locked by another process");
  return std::make_unique<InPlace>(*this, std::move(node), path);
}

Result<void> MemoryFileSystem::Reserve(const std::string& path, uint64_t size_bytes) {
  const std::scoped_lock lock(mutex_);
  const Place place = TRY(FindPlace(path));
  if (place.folder->names.contains(place.name)) return FromErrno(EEXIST, "cannot create", path);
  if (size_bytes > Room()) return FromErrno(ENOSPC, "cannot reserve", path);
  auto node = std::make_shared<Node>();
  node->mtime_ns = NowNs();
  node->reserved_bytes = size_bytes;
  place.folder->names[place.name] = std::move(node);
  return {};
}

Result<uint64_t> MemoryFileSystem::FreeBytes(const std::string& folder) {
  const std::scoped_lock lock(mutex_);
  TRY(Find(folder));
  return Room();
}

Result<std::vector<FileInfo>> MemoryFileSystem::List(const std::string& folder) {
  const std::scoped_lock lock(mutex_);
  const NodePtr node = TRY(Find(folder));
  if (!node->is_folder) return FromErrno(ENOTDIR, "cannot list", folder);
  std::vector<FileInfo> out;
  for (const auto& [name, entry] : node->names)
    out.push_back({name, entry->size_bytes(), entry->mtime_ns, entry->is_folder});
  return out;
}

Result<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const NodePtr node = TRY(Find(path));
  return FileInfo{path.substr(path.rfind('/') + 1), node->size_bytes(), node->mtime_ns, node->is_folder};
}

Result<void> MemoryFileSystem::CreateFolders(const std::string& folder) {
  const std::scoped_lock lock(mutex_);
  NodePtr node = root_;
  for (const std::string& part : Parts(folder)) {
    if (is_read_only_ && !node->names.contains(part)) return FromErrno(EROFS, "cannot create folder", folder);
    NodePtr& next = node->names.try_emplace(part, nullptr).first->second;
    if (!next) next = NewFolder();
    if (!next->is_folder) return FromErrno(ENOTDIR, "cannot create folder", folder);
    node = next;
  }
  return {};
}

Result<void> MemoryFileSystem::SyncFolder(const std::string& folder) {
  BeforeSync();
  const std::scoped_lock lock(mutex_);
  const NodePtr node = TRY(Find(folder));
  if (!node->is_folder) return FromErrno(ENOTDIR, "cannot sync folder", folder);
  syncs_++;
  node->durable_names = node->names;
  return {};
}

SyncTraits MemoryFileSystem::Traits(const std::string&) {
  const std::scoped_lock lock(mutex_);
  return {options_.names_follow_file_sync, options_.can_sync_all};
}

Result<void> MemoryFileSystem::SyncAll(const std::string& folder) {
  BeforeSync();
  const std::scoped_lock lock(mutex_);
  TRY(Find(folder));
  if (!options_.can_sync_all) return Unsupported("syncing the whole file system", folder);
  syncs_++;
  SyncTree(root_);
  return {};
}

void MemoryFileSystem::SyncTree(const NodePtr& root) {
  std::vector<NodePtr> todo = {root};
  while (!todo.empty()) {
    const NodePtr node = std::move(todo.back());
    todo.pop_back();
    node->durable_bytes = node->bytes;
    node->durable_names = node->names;
    for (const auto& [name, entry] : node->names) todo.push_back(entry);
  }
}

/// The names on the way to `path` and its own.
void MemoryFileSystem::SyncNames(const std::string& path) {
  NodePtr node = root_;
  for (const std::string& part : Parts(path)) {
    const auto found = node->names.find(part);
    if (found == node->names.end()) return;
    node->durable_names[part] = found->second;
    node = found->second;
  }
}

Result<void> MemoryFileSystem::Remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const Place place = TRY(FindPlace(path));
  const auto found = place.folder->names.find(place.name);
  if (found == place.folder->names.end()) return FromErrno(ENOENT, "cannot remove", path);
  if (found->second->is_folder) return FromErrno(EISDIR, "cannot remove", path);
  place.folder->names.erase(found);
  return {};
}

Result<void> MemoryFileSystem::RemoveAll(const std::string& folder) {
  const std::scoped_lock lock(mutex_);
  const auto place = FindPlace(folder);
  if (place) place->folder->names.erase(place->name);
  return {};
}

Result<void> MemoryFileSystem::Move(const std::string& from, const std::string& to, bool replace) {
  const Place source = TRY(FindPlace(from)), target = TRY(FindPlace(to));
  const auto found = source.folder->names.find(source.name);
  if (found == source.folder->names.end()) return FromErrno(ENOENT, "cannot rename", from);
  const auto there = target.folder->names.find(target.name);
  if (there != target.folder->names.end()) {
    if (!replace) return FromErrno(EEXIST, "cannot rename to " + to, from);
    if (there->second->is_folder) return FromErrno(EISDIR, "cannot rename to " + to, from);
  }
  NodePtr node = std::move(found->second);
  source.folder->names.erase(found);
  target.folder->names[target.name] = std::move(node);
  return {};
}

Result<void> MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  return Move(from, to, /*replace=*/true);
}

Result<void> MemoryFileSystem::RenameIfAbsent(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  if (!options_.has_rename_if_absent) return Unsupported("renaming to a free name only", to);
  return Move(from, to, /*replace=*/false);
}

Result<void> MemoryFileSystem::Link(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  if (!options_.has_links) return Unsupported("the file system has no hard links", to);
  NodePtr node = TRY(Find(from));
  if (node->is_folder) return FromErrno(EISDIR, "cannot link", from);
  const Place target = TRY(FindPlace(to));
  if (!target.folder->names.try_emplace(target.name, std::move(node)).second)
    return FromErrno(EEXIST, "cannot link", to);
  return {};
}

/// Where there is none yet.
Result<void> MemoryFileSystem::MakeEmpty(const std::string& path) {
  const Place place = TRY(FindPlace(path));
  if (place.folder->names.contains(place.name)) return {};
  if (is_read_only_) return FromErrno(EROFS, "cannot create", path);
  auto node = std::make_shared<Node>();
  node->mtime_ns = NowNs();
  place.folder->names[place.name] = std::move(node);
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(const std::string& path, bool wait) {
  std::unique_lock lock(mutex_);
  TRY(MakeEmpty(path));
  while (locked_.contains(path)) {
    if (!wait) return Conflict(path + " is locked by another process");
    lock_freed_.wait(lock);
  }
  return std::make_unique<HeldLock>(*this, path);
}

namespace {

/// What a loss of power leaves of names: with luck each by itself as it was, or as it had become.
template <class Names>
Names Surviving(const Names& durable, const Names& live, Unsynced luck, std::mt19937_64& random) {
  if (luck == Unsynced::kLost) return durable;
  if (luck == Unsynced::kKept) return live;
  Names out = durable;
  for (const auto& [name, node] : live) {
    const auto before = durable.find(name);
    if ((before == durable.end() || before->second != node) && random() % 2 == 0) out[name] = node;
  }
  for (const auto& [name, node] : durable) {
    if (!live.contains(name) && random() % 2 == 0) out.erase(name);
  }
  return out;
}

std::vector<uint8_t> SurvivingBytes(const std::vector<uint8_t>& durable, const std::vector<uint8_t>& live,
                                    Unsynced luck, std::mt19937_64& random) {
  if (durable == live || luck == Unsynced::kKept) return live;
  if (luck == Unsynced::kLost) return durable;
  switch (luck == Unsynced::kTorn ? 2 + random() % 2 : random() % 4) {
    case 0: return durable;
    case 1: return live;
    case 2: {  // the size had become durable, the bytes had not
      std::vector<uint8_t> out = durable;
      out.resize(live.size());
      return out;
    }
    default: return {live.begin(), live.begin() + static_cast<ptrdiff_t>(random() % (live.size() + 1))};
  }
}

}  // namespace

void MemoryFileSystem::PowerLoss(Unsynced bytes, Unsynced names, uint64_t seed) {
  const std::scoped_lock lock(mutex_);
  std::mt19937_64 random(seed);
  std::set<Node*> seen;  // a file may have two names
  std::vector<NodePtr> todo = {root_};
  while (!todo.empty()) {
    const NodePtr node = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(node.get()).second) continue;
    node->names = node->durable_names = Surviving(node->durable_names, node->names, names, random);
    node->bytes = node->durable_bytes = SurvivingBytes(node->durable_bytes, node->bytes, bytes, random);
    for (const auto& [name, entry] : node->names) todo.push_back(entry);
  }
  locked_.clear();
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::Clone() const {
  const std::scoped_lock lock(mutex_);
  auto out = std::make_unique<MemoryFileSystem>(options_);
  std::map<Node*, NodePtr> copies = {{root_.get(), out->root_}};
  std::vector<NodePtr> todo = {root_};
  const auto copy_of = [&](const NodePtr& node) {
    auto [at, is_new] = copies.try_emplace(node.get(), nullptr);
    if (is_new) {
      at->second = std::make_shared<Node>();
      todo.push_back(node);
    }
    return at->second;
  };
  while (!todo.empty()) {
    const NodePtr node = std::move(todo.back());
    todo.pop_back();
    const NodePtr copy = copies.at(node.get());
    copy->is_folder = node->is_folder;
    copy->mtime_ns = node->mtime_ns;
    copy->bytes = node->bytes;
    copy->durable_bytes = node->durable_bytes;
    copy->reserved_bytes = node->reserved_bytes;
    for (const auto& [name, entry] : node->names) copy->names[name] = copy_of(entry);
    for (const auto& [name, entry] : node->durable_names) copy->durable_names[name] = copy_of(entry);
  }
  return out;
}

int64_t MemoryFileSystem::open_handles() const {
  const std::scoped_lock lock(mutex_);
  return open_handles_;
}

int64_t MemoryFileSystem::syncs() const {
  const std::scoped_lock lock(mutex_);
  return syncs_;
}

uint64_t MemoryFileSystem::BytesUsed() const {
  uint64_t bytes = 0;
  std::set<Node*> seen;
  std::vector<NodePtr> todo = {root_};
  while (!todo.empty()) {
    const NodePtr node = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(node.get()).second) continue;
    bytes += node->size_bytes();
    for (const auto& [name, entry] : node->names) todo.push_back(entry);
  }
  return bytes;
}

uint64_t MemoryFileSystem::Room() const {
  const uint64_t capacity = options_.capacity_bytes;
  return capacity == UINT64_MAX ? capacity : capacity - std::min(BytesUsed(), capacity);
}

uint64_t MemoryFileSystem::bytes_used() const {
  const std::scoped_lock lock(mutex_);
  return BytesUsed();
}

void MemoryFileSystem::set_read_only(bool is_read_only) {
  const std::scoped_lock lock(mutex_);
  is_read_only_ = is_read_only;
}

void MemoryFileSystem::set_capacity_bytes(uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  options_.capacity_bytes = bytes;
}

}  // namespace squire
