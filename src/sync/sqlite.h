#pragma once

/// A little RAII over SQLite: a database and prepared statements, errors as values. Belongs to one thread.

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/try.h"

namespace squire::sync {

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement, sqlite3_finalize) {}

  void Bind(int at, int64_t value) { sqlite3_bind_int64(statement_.get(), at, value); }
  /// `text` must outlive the next Step.
  void Bind(int at, std::string_view text) {
    sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  [[nodiscard]] int64_t Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] std::string_view Text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return text == nullptr
               ? std::string_view()
               : std::string_view(text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
  }
  /// True while there is a row.
  Result<bool> Step();
  /// Runs a statement that yields no rows, and makes it ready for the next.
  Result<void> Run();

 private:
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

class Database {
 public:
  /// Opens `path`, creating it when `writable`. ERRORS: NotFound; Corruption for a file that is no database.
  static Result<Database> Open(const std::string& path, bool writable);

  Result<void> Execute(const char* sql);
  Result<Statement> Prepare(std::string_view sql);

 private:
  explicit Database(sqlite3* db) : db_(db, sqlite3_close) {}

  std::unique_ptr<sqlite3, int (*)(sqlite3*)> db_;
};

}  // namespace squire::sync
