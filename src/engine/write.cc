#include "engine/write.h"

#include "table/commit.h"
#include "table/fragment_writer.h"
#include "table/key_set.h"

namespace squire::engine {
namespace {

class SnapshotWrite : public TableWrite {
 public:
  explicit SnapshotWrite(std::shared_ptr<const table::Snapshot>& current)
      : current_(current),
        base_(current),
        writer_(base_->files()->fs(), base_->paths(), base_->schema(), base_->manifest().fields()) {}
  ~SnapshotWrite() override {
    if (!done_) writer_.RemoveFiles();
  }

  Result<void> Append(const Batch& rows) override {
    const Batch ordered = TRY(InTableOrder(rows));
    TRY(writer_.Write(ordered));
    appended_ += ordered.num_rows;
    return {};
  }

  Result<void> DeleteKeys(const std::string& column, const Array& keys) override {
    const auto set = TRY(table::KeySet::Of(keys));
    for (auto& [id, rows] : TRY(table::FindRows(*base_, column, keys.type, set))) {
      auto [at, is_new] = change_.deleted_rows.try_emplace(id, rows.num_rows());
      at->second.AddAll(rows);
    }
    change_.predicate = column + " in (" + std::to_string(set.size()) + " keys)";
    return {};
  }

  Result<uint64_t> Commit() override {
    if (done_) return InvalidArgument("this write has been committed");
    if (appended_ == 0 && change_.deleted_rows.empty()) return base_->version();
    using Kind = table::Change::Kind;
    change_.kind = change_.deleted_rows.empty() ? Kind::kAppend : appended_ == 0 ? Kind::kDelete : Kind::kUpdate;
    change_.new_fragments = TRY(writer_.Finish());
    auto committed = table::Commit(base_, std::move(change_));
    if (committed || committed.error().code == Code::kCommitUnknown) done_ = true;
    current_ = TRY(std::move(committed));
    return current_->version();
  }

 private:
  /// The batch's columns by the table's names and order; a nullable column that is not given is null.
  Result<Batch> InTableOrder(const Batch& rows) const {
    const Schema& schema = base_->schema();
    Batch out{schema, {}, rows.num_rows};
    size_t used = 0;
    for (const Field& field : schema.fields) {
      if (const Array* column = rows.Find(field.name)) {
        out.columns.push_back(*column);
        used++;
        continue;
      }
      if (!field.nullable) return InvalidArgument("the rows lack column '" + field.name + "', which must not be null");
      ArrayBuilder nulls(field.type);
      for (int64_t row = 0; row < rows.num_rows; row++) nulls.AppendNull();
      out.columns.push_back(TRY(nulls.Finish()));
    }
    if (used == rows.columns.size()) return out;
    for (const Field& field : rows.schema.fields) {
      if (schema.Find(field.name) < 0) return InvalidArgument("the table has no column '" + field.name + "'");
    }
    return InvalidArgument("a column occurs twice in the rows");
  }

  std::shared_ptr<const table::Snapshot>& current_;
  std::shared_ptr<const table::Snapshot> base_;
  table::FragmentWriter writer_;
  table::Change change_;
  int64_t appended_ = 0;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<TableWrite>> BeginWrite(std::shared_ptr<const table::Snapshot>& current) {
  return std::unique_ptr<TableWrite>(std::make_unique<SnapshotWrite>(current));
}

}  // namespace squire::engine
