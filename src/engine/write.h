#pragma once

/// The public TableWrite over the table room: rows stream into new data files, keys become deleted rows, and one commit
/// publishes both.

#include <map>
#include <memory>

#include "squire/table.h"
#include "table/commit.h"

namespace squire::engine {

/// A write that can also delete rows found by other means than a key.
class RowWrite : public TableWrite {
 public:
  /// Deletes offsets by fragment id, of the version the write began on. `predicate` says which, for people.
  virtual void DeleteRows(std::map<uint64_t, lance::RowSet> rows, std::string predicate) = 0;
  /// All rows that are appended have one of the keys that are deleted: so writers of other keys need not wait.
  virtual void SetAddsKeysOnly() = 0;
  /// Has it looked, before the version stands, at the rows that others added meanwhile.
  virtual void SetFindAdded(decltype(table::Change::find_added) find_added) = 0;
};

/// `current` is moved to the new version by Commit. With `new_schema` the write replaces the whole table.
Result<std::unique_ptr<RowWrite>> BeginWrite(std::shared_ptr<const table::Snapshot>& current,
                                             std::optional<Schema> new_schema = std::nullopt);

}  // namespace squire::engine
