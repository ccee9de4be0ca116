#include "sync/state.h"

#include <charconv>
#include <filesystem>

namespace squire::sync {
namespace {

// A change of this schema needs another number: an unknown one is set aside, as it is only a cache.
constexpr char kSchema[] = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS files(
    path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, asked INTEGER,
    hash TEXT, chunks INTEGER, skip INTEGER, error TEXT) WITHOUT ROWID;
  PRAGMA user_version = 1;
)";
constexpr int64_t kSchemaVersion = 1;

Result<int64_t> UserVersion(Database& db) {
  auto version = TRY(db.Prepare("PRAGMA user_version"));
  return TRY(version.Step()) ? version.Int(0) : 0;
}

Result<Database> OpenDatabase(const std::string& path, bool writable) {
  Database db = TRY(Database::Open(path, writable));
  const int64_t found = TRY(UserVersion(db));
  if (found != 0 && found != kSchemaVersion) return Corruption("the state is of another program version", path);
  if (found == 0 && !writable) return NotFound("the state is empty", path);
  if (found == 0)
    TRY(db.Execute(kSchema));
  else if (writable)
    TRY(db.Execute("PRAGMA synchronous = NORMAL"));
  return db;
}

void SetAside(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

}  // namespace

Result<State> State::Open(const std::string& path, bool writable) {
  auto db = OpenDatabase(path, writable);
  if (!db && writable && db.error().code == Code::kCorruption) {
    SetAside(path);
    db = OpenDatabase(path, writable);
  }
  if (!db) {
    if (writable) return std::move(db.error());
    return State(std::nullopt);
  }
  State state(*std::move(db));
  TRY(state.LoadMeta());
  return state;
}

Result<void> State::LoadMeta() {
  auto rows = TRY(db_->Prepare("SELECT key, value FROM meta"));
  while (TRY(rows.Step())) {
    const std::string_view key = rows.Text(0), value = rows.Text(1);
    if (key == "table_version") std::from_chars(value.begin(), value.end(), table_version_);
    if (key == "first_index") first_index_ = value == "1";
  }
  return {};
}

Result<void> State::SetMeta(std::string_view key, std::string_view value) {
  auto statement = TRY(db_->Prepare("INSERT OR REPLACE INTO meta VALUES(?, ?)"));
  statement.Bind(1, key);
  statement.Bind(2, value);
  return statement.Run();
}

Result<void> State::SetFirstIndexUnderWay(bool under_way) {
  first_index_ = under_way;
  return SetMeta("first_index", under_way ? "1" : "0");
}

Result<std::vector<FileState>> State::Load() {
  std::vector<FileState> files;
  if (!db_) return files;
  auto rows = TRY(db_->Prepare(
      "SELECT path, size, mtime, ctime, inode, asked, hash, chunks, skip, error FROM files ORDER BY path"));
  while (TRY(rows.Step())) {
    FileState& file = files.emplace_back();
    file.entry.path = rows.Text(0);
    file.entry.size_bytes = static_cast<uint64_t>(rows.Int(1));
    file.entry.mtime_ns = rows.Int(2);
    file.entry.ctime_ns = rows.Int(3);
    file.entry.inode = static_cast<uint64_t>(rows.Int(4));
    file.entry.asked = rows.Int(5) != 0;
    file.hash = rows.Text(6);
    file.chunks = static_cast<uint64_t>(rows.Int(7));
    const int64_t skip = rows.Int(8);
    const bool known = skip >= 0 && skip < static_cast<int64_t>(corpus::SkipReason::kNone);
    file.skip = known ? static_cast<corpus::SkipReason>(skip) : corpus::SkipReason::kNone;
    file.error = rows.Text(9);
  }
  return files;
}

Result<void> State::Save(const std::vector<FileState>& files, const std::vector<std::string>& gone,
                         uint64_t table_version) {
  TRY(db_->Execute("BEGIN IMMEDIATE"));
  const auto write = [&]() -> Result<void> {
    auto insert = TRY(db_->Prepare("INSERT OR REPLACE INTO files VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (const FileState& file : files) {
      insert.Bind(1, file.entry.path);
      insert.Bind(2, static_cast<int64_t>(file.entry.size_bytes));
      insert.Bind(3, file.entry.mtime_ns);
      insert.Bind(4, file.entry.ctime_ns);
      insert.Bind(5, static_cast<int64_t>(file.entry.inode));
      insert.Bind(6, int64_t{file.entry.asked});
      insert.Bind(7, file.hash);
      insert.Bind(8, static_cast<int64_t>(file.chunks));
      insert.Bind(9, static_cast<int64_t>(file.skip));
      insert.Bind(10, file.error);
      TRY(insert.Run());
    }
    auto remove = TRY(db_->Prepare("DELETE FROM files WHERE path = ?"));
    for (const std::string& path : gone) {
      remove.Bind(1, path);
      TRY(remove.Run());
    }
    TRY(SetMeta("table_version", std::to_string(table_version)));
    return db_->Execute("COMMIT");
  };
  auto written = write();
  if (!written)
    (void)db_->Execute("ROLLBACK");
  else
    table_version_ = table_version;
  return written;
}

Result<void> State::Clear() {
  TRY(db_->Execute("DELETE FROM files; DELETE FROM meta WHERE key = 'table_version'"));
  table_version_ = 0;
  return {};
}

}  // namespace squire::sync
