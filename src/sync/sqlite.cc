#include "sync/sqlite.h"

namespace squire::sync {
namespace {

constexpr int kBusyMilliseconds = 30'000;

Error SqliteError(sqlite3* db, int code) {
  const std::string what = std::string("SQLite: ") + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  const char* path = db != nullptr ? sqlite3_db_filename(db, "main") : nullptr;
  Error error{Code::kIo, what, path != nullptr ? path : "", 0, true};
  switch (code & 0xff) {
    case SQLITE_FULL: error.code = Code::kNoSpace; break;
    case SQLITE_CANTOPEN: error.code = Code::kNotFound; break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: error.code = Code::kCorruption, error.retryable = false; break;
    default: break;
  }
  return error;
}

}  // namespace

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(sqlite3_db_handle(statement_.get()), code);
}

Result<void> Statement::Run() {
  (void)TRY(Step());
  sqlite3_reset(statement_.get());
  return {};
}

Result<Database> Database::Open(const std::string& path, bool writable) {
  sqlite3* raw = nullptr;
  const int flags = writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database db(raw);
  if (code != SQLITE_OK) return SqliteError(raw, code);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  return db;
}

Result<void> Database::Execute(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteError(db_.get(), code);
  return {};
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return SqliteError(db_.get(), code);
  return Statement(statement);
}

}  // namespace squire::sync
