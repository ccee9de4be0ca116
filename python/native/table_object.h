#pragma once

/// squire.Table for Python. Reads share a lock, writes hold it alone; both let the interpreter's lock go first and take
/// it back last, so that neither waits for the other while it holds one.

#include <nanobind/nanobind.h>

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "errors.h"
#include "squire/table.h"

namespace squire::python {

class TableObject {
 public:
  explicit TableObject(Table table) : table_(std::move(table)) {}

  /// Runs `work(const Table&)`, beside other reads.
  template <class Work>
  auto Read(Work&& work) const {
    return Engine([&]() -> decltype(work(*table_)) {
      const std::shared_lock lock(mutex_);
      if (!table_) return InvalidArgument("the table is closed");
      return work(std::as_const(*table_));
    });
  }
  /// Runs `work(Table&)`, alone.
  template <class Work>
  auto Write(Work&& work) {
    return Engine([&]() -> decltype(work(*table_)) {
      const std::unique_lock lock(mutex_);
      if (!table_) return InvalidArgument("the table is closed");
      return work(*table_);
    });
  }
  void Close() {
    Engine([&]() -> Result<void> {
      const std::unique_lock lock(mutex_);
      table_.reset();
      return {};
    });
  }

 private:
  mutable std::shared_mutex mutex_;
  std::optional<Table> table_;  // guarded by mutex_; empty once closed
};

using TableClass = nb::class_<TableObject>;

/// Add to the class: opening and upkeep; scans, takes and searches; writes; columns, indexes, restoring and
/// tags.
void BindLife(TableClass& type);
/// "l2", "cosine" or "dot". ERRORS: InvalidArgument.
Result<Metric> MetricOf(const std::string& name);

void BindReads(TableClass& type);
void BindNearest(TableClass& type);
void BindWrites(TableClass& type);
void BindVersions(TableClass& type);
/// Health, of tables that do not open too.
void BindHealth(nb::module_& module, TableClass& type);

}  // namespace squire::python
