#include "engine/write.h"

#include <set>

#include "engine/indexes.h"
#include "engine/retry.h"
#include "engine/where.h"
#include "lance/logical_type.h"
#include "table/commit.h"
#include "table/fragment_writer.h"
#include "table/key_set.h"
#include "upkeep/leftovers.h"

namespace squire::engine {
namespace {

class SnapshotWrite : public RowWrite {
 public:
  SnapshotWrite(std::shared_ptr<const table::Snapshot>& current, std::optional<Schema> new_schema,
                google::protobuf::RepeatedPtrField<pb::Field> fields, lance::FileVersion version,
                table::FileNames names)
      : current_(current),
        base_(current),
        schema_(new_schema ? *new_schema : base_->schema()),
        writer_(base_->files()->fs(), base_->paths(), schema_, std::move(fields),
                {.version = version, .names = names}) {
    change_.schema = std::move(new_schema);
  }
  ~SnapshotWrite() override {
    if (!done_) writer_.RemoveFiles();
  }

  Result<void> Append(const Batch& rows) override {
    const Batch ordered = TRY(InTableOrder(rows));
    if (is_broken_) return InvalidArgument("an earlier append to this write failed; begin a new one");
    is_broken_ = true;  // a write that stopped half-way leaves columns of unequal length
    TRY(writer_.Write(ordered));
    is_broken_ = false;
    appended_ += ordered.num_rows;
    return {};
  }

  Result<void> DeleteKeys(const std::string& column, const Array& keys) override {
    if (change_.schema) return InvalidArgument("a write that replaces the whole table deletes no keys");
    TRY(DeleteKeysNow(column, keys));
    deletions_.push_back({column, keys, {}});
    return {};
  }

  Result<void> DeleteWhere(const std::string& where) override {
    if (change_.schema) return InvalidArgument("a write that replaces the whole table deletes nothing by condition");
    AddRows(TRY(FindRows(*base_, where)), PredicateText(where));
    deletions_.push_back({{}, {}, where});
    return {};
  }

  void DeleteRows(std::map<uint64_t, lance::RowSet> found, std::string predicate) override {
    AddRows(std::move(found), std::move(predicate));
    can_find_again_ = false;
  }

  void SetAddsKeysOnly() override { adds_keys_only_ = true; }

  void SetFindAdded(decltype(table::Change::find_added) find_added) override {
    change_.find_added = std::move(find_added);
  }

  Result<uint64_t> Commit() override {
    if (done_ || is_tried_) return InvalidArgument("this write has been committed, or it failed; begin a new one");
    if (is_broken_) return InvalidArgument("an append to this write failed; begin a new one");
    is_tried_ = true;
    if (!change_.schema && appended_ == 0 && change_.deleted_rows.empty()) return base_->version();
    change_.new_fragments = TRY(writer_.Finish());
    // Two writers that replace the same key at once must not both add it: who comes later in the versions is later.
    TRY(NoteKeys());
    if (!deletions_.empty())
      change_.find_added = [this](const auto& latest, auto added) { return FindAmong(latest, added); };
    for (int attempt = 1;; attempt++) {
      SetKind();
      auto committed = table::Commit(base_, change_);
      if (committed || committed.error().code == Code::kCommitUnknown) done_ = true;
      if (committed || committed.error().code != Code::kConflict || attempt == kAttemptsMax || !can_find_again_) {
        current_ = TRY(std::move(committed));
        return current_->version();
      }
      if (!TRY(FindAgain())) return std::move(committed.error());
      if (appended_ > 0 || !change_.deleted_rows.empty()) continue;
      current_ = base_;  // others deleted all of it
      return current_->version();
    }
  }

 private:
  struct Deletion {
    std::string column;
    Array keys;
    std::string where;  // instead of keys
  };

  void SetKind() {
    using Kind = table::Change::Kind;
    change_.kind = change_.schema                 ? Kind::kOverwrite
                   : change_.deleted_rows.empty() ? Kind::kAppend
                   : appended_ == 0               ? Kind::kDelete
                                                  : Kind::kUpdate;
  }

  Result<void> DeleteKeysNow(const std::string& column, const Array& keys) {
    const auto set = TRY(table::KeySet::Of(keys));
    AddRows(TRY(FindRowsByKey(*base_, column, keys, set)), column + " in (" + std::to_string(set.size()) + " keys)");
    return {};
  }

  /// Finds what is to be deleted in the newest version, where others moved or deleted some of it. False when the new
  /// rows are not those of its columns any more.
  Result<bool> FindAgain() {
    auto latest = TRY(table::Snapshot::Open(base_->files(), base_->paths().root));
    if (!table::HaveSameFields(*base_, *latest)) return false;
    base_ = std::move(latest);
    change_.deleted_rows.clear();
    for (const Deletion& deletion : deletions_) {
      if (deletion.where.empty())
        TRY(DeleteKeysNow(deletion.column, deletion.keys));
      else
        AddRows(TRY(FindRows(*base_, deletion.where)), PredicateText(deletion.where));
    }
    return true;
  }

  Result<void> NoteKeys() {
    const bool are_known = deletions_.size() == 1 && deletions_[0].where.empty();
    if (!are_known || (appended_ > 0 && !adds_keys_only_)) return {};
    keys_ = TRY(table::KeySet::Of(deletions_[0].keys));
    change_.keys = &*keys_;
    change_.key_column = deletions_[0].column;
    return {};
  }

  /// What is to be deleted in some fragments of `latest`.
  Result<std::map<uint64_t, lance::RowSet>> FindAmong(const table::Snapshot& latest,
                                                      std::span<const size_t> fragments) const {
    std::map<uint64_t, lance::RowSet> out;
    std::set<uint64_t> wanted;
    for (size_t i : fragments) wanted.insert(latest.fragment(i).id());
    for (const Deletion& deletion : deletions_) {
      std::map<uint64_t, lance::RowSet> found;
      if (deletion.where.empty()) {
        const auto set = TRY(table::KeySet::Of(deletion.keys));
        found = TRY(table::FindRows(latest, deletion.column, deletion.keys.type, set, fragments));
      } else {
        found = TRY(FindRows(latest, deletion.where));
      }
      for (const auto& [id, rows] : found)
        if (wanted.contains(id) && !rows.empty()) out.try_emplace(id, rows.num_rows()).first->second.AddAll(rows);
    }
    return out;
  }

  void AddRows(std::map<uint64_t, lance::RowSet> found, std::string predicate) {
    for (auto& [id, rows] : found) {
      if (rows.empty()) continue;
      auto [at, is_new] = change_.deleted_rows.try_emplace(id, rows.num_rows());
      at->second.AddAll(rows);
    }
    change_.predicate = std::move(predicate);
  }

  /// The batch's columns by the table's names and order; a nullable column that is not given is null.
  Result<Batch> InTableOrder(const Batch& rows) const {
    const Schema& schema = schema_;
    Batch out{schema, {}, rows.num_rows};
    size_t used = 0;
    for (const Field& field : schema.fields) {
      if (const Array* column = rows.Find(field.name)) {
        out.columns.push_back(*column);
        used++;
        continue;
      }
      if (!field.nullable) return InvalidArgument("the rows lack column '" + field.name + "', which must not be null");
      out.columns.push_back(TRY(NullArray(field.type, rows.num_rows)));
    }
    if (used == rows.columns.size()) return out;
    for (const Field& field : rows.schema.fields) {
      if (schema.Find(field.name) < 0) return InvalidArgument("the table has no column '" + field.name + "'");
    }
    return InvalidArgument("a column occurs twice in the rows");
  }

  std::shared_ptr<const table::Snapshot>& current_;
  std::shared_ptr<const table::Snapshot> base_;
  Schema schema_;
  table::FragmentWriter writer_;
  table::Change change_;
  std::vector<Deletion> deletions_;
  std::optional<table::KeySet> keys_;  // of all that is deleted and added, where they are known
  bool adds_keys_only_ = false;
  int64_t appended_ = 0;
  bool done_ = false;
  bool is_tried_ = false;   // Commit was called
  bool is_broken_ = false;  // an append failed
  bool can_find_again_ = true;
};

}  // namespace

Result<std::unique_ptr<RowWrite>> BeginWrite(std::shared_ptr<const table::Snapshot>& current,
                                             std::optional<Schema> new_schema) {
  auto fields = new_schema ? TRY(lance::ToFields(*new_schema)) : current->manifest().fields();
  const lance::FileVersion version = TRY(table::FileVersionOf(current->manifest()));
  const table::FileNames names = TRY(current->NewNames());
  upkeep::ClearLeftoversOnce(*current);
  return std::unique_ptr<RowWrite>(
      std::make_unique<SnapshotWrite>(current, std::move(new_schema), std::move(fields), version, names));
}

}  // namespace squire::engine
