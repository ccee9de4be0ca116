#include "sync/plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/try.h"
#include "sync/config.h"
#include "sync/rows.h"

namespace squire::sync {
namespace {

/// A file whose stamp was too young to be kept, and which is otherwise as it was: the next run makes sure of it.
bool IsLikelySame(const DirtyFile& file) {
  corpus::FileEntry now = file.entry;
  now.mtime_ns = kUnknownTime;
  return !file.old.hash.empty() && SameStat(file.old.entry, now);
}

/// A pattern that matches just `path`.
std::string QuoteGlob(std::string_view path) {
  std::string out;
  for (char c : path) {
    if (std::string_view("*?[\\").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

bool SameStat(const corpus::FileEntry& a, const corpus::FileEntry& b) {
  return a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns && a.inode == b.inode &&
         a.asked == b.asked;
}

Plan MakePlan(const std::vector<corpus::FileEntry>& found, std::vector<FileState> known, bool all) {
  Plan plan;
  auto old = known.begin();
  for (const corpus::FileEntry& entry : found) {
    for (; old != known.end() && old->entry.path < entry.path; ++old) plan.gone.push_back(std::move(*old));
    if (old == known.end() || old->entry.path != entry.path) {
      plan.dirty.push_back({entry, false, false, {}});
      continue;
    }
    if (!all && SameStat(old->entry, entry))
      plan.same++;
    else
      plan.dirty.push_back({entry, true, old->hash.empty(), std::move(*old)});
    ++old;
  }
  for (; old != known.end(); ++old) plan.gone.push_back(std::move(*old));
  return plan;
}

Result<void> Reconcile(const Table& table, std::vector<FileState>& known) {
  struct InTable {
    std::string hash;
    uint64_t chunks = 0;
    bool mixed = false;  // rows of two states of the file
  };
  std::map<std::string, InTable, std::less<>> rows;
  auto scanner = TRY(table.Scan({.columns = {kPathColumn, kFileHashColumn}, .batch_rows = 65'536}));
  while (const auto batch = TRY(scanner->Next())) {
    for (int64_t row = 0; row < batch->num_rows; row++) {
      const std::string_view path = batch->columns[0].Text(row), hash = batch->columns[1].Text(row);
      auto at = rows.find(path);
      if (at == rows.end()) at = rows.emplace(std::string(path), InTable{std::string(hash), 0, false}).first;
      at->second.chunks++;
      if (at->second.hash != hash) at->second.mixed = true;
    }
  }
  for (FileState& file : known) {
    const auto at = rows.find(file.entry.path);
    const bool whole = at == rows.end()
                           ? file.chunks == 0
                           : !at->second.mixed && at->second.hash == file.hash && at->second.chunks == file.chunks;
    if (!whole) {
      file.entry.mtime_ns = kUnknownTime;
      file.hash.clear();
      file.chunks = at == rows.end() ? 0 : at->second.chunks;
    }
    if (at != rows.end()) rows.erase(at);
  }
  for (auto& [path, in_table] : rows) {
    FileState& file = known.emplace_back();
    file.entry.path = path;
    file.entry.mtime_ns = kUnknownTime;
    file.chunks = in_table.chunks;
    if (!in_table.mixed) file.hash = in_table.hash;
  }
  std::ranges::sort(known, {}, [](const FileState& file) -> const std::string& { return file.entry.path; });
  return {};
}

corpus::ScanOptions ScanOptionsOf(const Location& location, const TreeOptions& options, bool explain) {
  corpus::ScanOptions scan;
  scan.rules.include = options.include;
  scan.rules.exclude = options.exclude;
  if (location.db.starts_with(location.tree + "/"))
    scan.rules.exclude.push_back(QuoteGlob(location.db.substr(location.tree.size())));
  scan.rules.secrets = options.secrets;
  if (options.file_bytes_max > 0) scan.file_bytes_max = options.file_bytes_max;
  scan.explain = explain;
  return scan;
}

std::vector<FileState> Below(std::vector<FileState> known, const std::vector<std::string>& paths) {
  const auto outside = [&](const FileState& file) {
    return std::ranges::none_of(paths, [&](const std::string& path) {
      return file.entry.path.starts_with(path) &&
             (file.entry.path.size() == path.size() || path.empty() || file.entry.path[path.size()] == '/');
    });
  };
  std::erase_if(known, outside);
  return known;
}

Result<Freshness> MeasureFreshness(const Location& location, const Table& table) {
  auto state = TRY(State::Open(location.state(), false));
  const auto scan = TRY(corpus::Scan(location.tree, ScanOptionsOf(location, TRY(LoadTreeOptions(location)), false)));
  std::vector<FileState> known = TRY(state.Load());
  const bool is_lost = known.empty();
  if (is_lost) TRY(Reconcile(table, known));
  const Plan plan = MakePlan(scan.files, std::move(known), false);
  Freshness freshness;
  for (const DirtyFile& file : plan.dirty) {
    if (!file.known)
      freshness.pending++;
    else if (!is_lost && !IsLikelySame(file))
      freshness.stale++;
  }
  for (const FileState& file : plan.gone) freshness.stale += file.chunks > 0 ? 1 : 0;
  return freshness;
}

Result<uint64_t> CountFiles(const Table& table) {
  std::set<std::string, std::less<>> paths;
  auto scanner = TRY(table.Scan({.columns = {kPathColumn}, .batch_rows = 65'536}));
  while (const auto batch = TRY(scanner->Next())) {
    std::string_view last;
    for (int64_t row = 0; row < batch->num_rows; row++) {
      const std::string_view path = batch->columns[0].Text(row);
      if (path == last) continue;  // chunks of a file lie side by side
      last = path;
      if (!paths.contains(path)) paths.emplace(path);
    }
  }
  return paths.size();
}

}  // namespace squire::sync
