#include "engine/merge.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "engine/key_join.h"
#include "engine/retry.h"
#include "engine/write.h"
#include "query/where/filter.h"
#include "table/scan.h"

namespace squire::engine {
namespace {

constexpr int64_t kRangeRows = 65'536;

/// A target row, by its place in its range, and the source row that replaces it.
struct Pair {
  int64_t target = 0, source = 0;
};

constexpr char kTarget[] = "target", kSource[] = "source";

/// The fields that `text` may name: all whose name stands somewhere in it, whatever its case. What it does not name
/// need not be read.
std::vector<Field> FieldsNamed(std::string_view text, const std::vector<Field>& fields) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  std::vector<Field> out;
  for (const Field& field : fields) {
    const bool is_quoted = field.name.find('`') != std::string::npos;
    if (is_quoted || !std::ranges::search(text, field.name, same).empty()) out.push_back(field);
  }
  return out;
}

DataType StructOf(std::vector<Field> fields) {
  DataType type(TypeId::kStruct);
  type.children = std::move(fields);
  return type;
}

Array StructArray(const Batch& rows) {
  Array out;
  out.type = StructOf(rows.schema.fields);
  out.length = rows.num_rows;
  out.children = rows.columns;
  return out;
}

class Merge {
 public:
  Merge(std::shared_ptr<const table::Snapshot>& current, const MergeInsertOptions& options, const Batch& rows)
      : current_(current), base_(current), options_(options), rows_(rows) {}

  Result<MergeInsertResult> Run(std::span<const std::string> on) {
    TRY(Prepare(on));
    for (const table::RowRange& range : table::PlanRanges(*base_, kRangeRows)) TRY(MergeRange(range));
    TRY(InsertRest());
    write_->DeleteRows(std::move(gone_), "merge by " + on[0]);
    if (options_.insert_not_matched) {
      write_->SetFindAdded([&, this](const auto& latest, auto added) { return CheckAdded(latest, added, on); });
    }
    result_.version = TRY(write_->Commit());
    return result_;
  }

 private:
  Result<void> Prepare(std::span<const std::string> on) {
    if (on.empty()) return InvalidArgument("a merge joins on at least one column");
    if (!options_.update_matched && !options_.insert_not_matched && !options_.delete_not_matched_by_source)
      return InvalidArgument("a merge that neither updates, inserts nor deletes");
    std::vector<const Array*> keys;
    for (const std::string& column : on) {
      const int at = base_->schema().Find(column);
      if (at < 0) return NotFound("the table has no column '" + column + "'");
      const Array* key = rows_.Find(column);
      if (key == nullptr) return NotFound("the rows have no column '" + column + "'");
      const DataType& type = base_->schema().fields[static_cast<size_t>(at)].type;
      if (!AreKeyTypes(type, key->type))
        return InvalidArgument("column '" + column + "' has type " + type.ToString() + ", in the rows " +
                               key->type.ToString());
      keys.push_back(key);
    }
    for (const Field& field : rows_.schema.fields) {
      if (base_->schema().Find(field.name) < 0) return InvalidArgument("the table has no column '" + field.name + "'");
    }
    key_columns_ = TRY(table::Project(*base_, on));
    std::vector<std::string> kept;
    for (const Field& field : base_->schema().fields) {
      if (rows_.Find(field.name) == nullptr) kept.push_back(field.name);
    }
    if (!kept.empty()) kept_columns_ = TRY(table::Project(*base_, kept));
    TRY(PrepareConditions());
    join_ = TRY(KeyJoin::Of(std::move(keys)));
    is_matched_.assign(join_.num_keys(), 0);
    write_ = TRY(BeginWrite(current_));
    return {};
  }

  Result<void> PrepareConditions() {
    if (!options_.delete_where.empty()) {
      delete_filter_ = TRY(where::ParseFilter(options_.delete_where, base_->schema()));
      delete_columns_ = TRY(table::Project(*base_, delete_filter_->columns()));
    }
    if (options_.update_where.empty()) return {};
    std::vector<std::string> names;
    for (const Field& field : FieldsNamed(options_.update_where, base_->schema().fields)) names.push_back(field.name);
    if (!names.empty()) update_columns_ = TRY(table::Project(*base_, names));
    update_source_ = {{FieldsNamed(options_.update_where, rows_.schema.fields), {}}, {}, rows_.num_rows};
    for (const Field& field : update_source_.schema.fields) update_source_.columns.push_back(*rows_.Find(field.name));
    joined_.fields = {{kTarget, StructOf(update_columns_.schema.fields), false, {}},
                      {kSource, StructOf(update_source_.schema.fields), false, {}}};
    update_filter_ = TRY(where::ParseFilter(options_.update_where, joined_));
    return {};
  }

  Result<void> MergeRange(const table::RowRange& range) {
    const auto targets = TRY(table::ReadRange(*base_, key_columns_, range));
    std::vector<const Array*> keys;
    for (const Array& column : targets.batch.columns) keys.push_back(&column);
    std::vector<Pair> pairs;
    std::vector<int64_t> unmatched;
    for (int64_t row = 0; row < targets.batch.num_rows; row++) {
      const uint32_t key = join_.Find(keys, row, scratch_);
      const auto place = static_cast<int64_t>(targets.addresses[static_cast<size_t>(row)] & 0xffffffff) - range.first;
      if (key == KeyJoin::kNoKey) {
        unmatched.push_back(place);
        continue;
      }
      is_matched_[key] = 1;
      if (!options_.update_matched) continue;
      if (join_.IsRepeated(key))
        return InvalidArgument(
            "two of the rows have the key of one row of the table, which cannot be updated by both: " +
            join_.Describe(join_.FirstRow(key)));
      pairs.push_back({place, join_.FirstRow(key)});
    }
    if (options_.update_matched) TRY(Update(range, std::move(pairs)));
    if (options_.delete_not_matched_by_source) TRY(Delete(range, std::move(unmatched)));
    return {};
  }

  Result<void> Update(const table::RowRange& range, std::vector<Pair> pairs) {
    if (!options_.update_where.empty()) TRY(KeepPairs(range, pairs));
    if (pairs.empty()) return {};
    std::vector<int64_t> targets, sources;
    for (const Pair& pair : pairs) {
      targets.push_back(pair.target);
      sources.push_back(pair.source);
    }
    Batch out{rows_.schema, {}, std::ssize(pairs)};
    for (const Array& column : rows_.columns) out.columns.push_back(TRY(TakeRows(column, sources)));
    if (!kept_columns_.field_ids.empty()) {
      const Batch kept = TRY(table::ReadPhysicalRange(*base_, kept_columns_, range));
      for (size_t i = 0; i < kept.columns.size(); i++) {
        out.schema.fields.push_back(kept.schema.fields[i]);
        out.columns.push_back(TRY(TakeRows(kept.columns[i], targets)));
      }
    }
    TRY(write_->Append(out));
    MarkGone(range, targets);
    result_.updated += targets.size();
    return {};
  }

  Result<void> Delete(const table::RowRange& range, std::vector<int64_t> unmatched) {
    if (!options_.delete_where.empty()) TRY(KeepTargets(range, unmatched));
    MarkGone(range, unmatched);
    result_.deleted += unmatched.size();
    return {};
  }

  void MarkGone(const table::RowRange& range, std::span<const int64_t> places) {
    if (places.empty()) return;
    table::Fragment& fragment = base_->fragment(range.fragment);
    auto [at, is_new] = gone_.try_emplace(fragment.id(), static_cast<uint64_t>(fragment.physical_rows()));
    for (int64_t place : places) at->second.Add(static_cast<uint64_t>(range.first + place));
  }

  Result<void> InsertRest() {
    if (!options_.insert_not_matched) return {};
    std::vector<int64_t> rest;
    for (int64_t row = 0; row < rows_.num_rows; row++) {
      const uint32_t key = join_.KeyOfRow(row);
      if (key == KeyJoin::kNoKey || !is_matched_[key]) rest.push_back(row);
    }
    result_.inserted = rest.size();
    if (std::ssize(rest) == rows_.num_rows && !rest.empty()) return write_->Append(rows_);
    for (size_t first = 0; first < rest.size(); first += kRangeRows) {
      const auto some = std::span(rest).subspan(first, std::min<size_t>(kRangeRows, rest.size() - first));
      Batch out{rows_.schema, {}, std::ssize(some)};
      for (const Array& column : rows_.columns) out.columns.push_back(TRY(TakeRows(column, some)));
      TRY(write_->Append(out));
    }
    return {};
  }

  /// What was to be inserted is not when another writer added rows of its keys meanwhile. ERRORS: Conflict.
  Result<std::map<uint64_t, lance::RowSet>> CheckAdded(const table::Snapshot& latest, std::span<const size_t> added,
                                                       std::span<const std::string> on) const {
    const table::Projection columns = TRY(table::Project(latest, on));
    std::string scratch;
    for (const table::RowRange& range : table::PlanRanges(latest, kRangeRows)) {
      if (std::ranges::find(added, range.fragment) == added.end()) continue;
      const auto rows = TRY(table::ReadRange(latest, columns, range));
      std::vector<const Array*> keys;
      for (const Array& column : rows.batch.columns) keys.push_back(&column);
      for (int64_t row = 0; row < rows.batch.num_rows; row++) {
        if (join_.Find(keys, row, scratch) != KeyJoin::kNoKey)
          return Conflict("another writer added rows of the same keys");
      }
    }
    return std::map<uint64_t, lance::RowSet>();
  }

  /// Leaves the pairs of which update_where holds.
  Result<void> KeepPairs(const table::RowRange& range, std::vector<Pair>& pairs) {
    if (pairs.empty()) return {};
    std::vector<int64_t> targets, sources;
    for (const Pair& pair : pairs) {
      targets.push_back(pair.target);
      sources.push_back(pair.source);
    }
    Batch target = TRY(table::ReadPhysicalRange(*base_, update_columns_, range));
    for (Array& column : target.columns) column = TRY(TakeRows(column, targets));
    Batch source = update_source_;
    for (Array& column : source.columns) column = TRY(TakeRows(column, sources));
    target.num_rows = source.num_rows = std::ssize(pairs);
    const Batch joined{joined_, {StructArray(target), StructArray(source)}, std::ssize(pairs)};
    std::vector<uint8_t> keep(pairs.size(), 1);
    TRY(update_filter_->Apply(joined, keep));
    Keep(pairs, keep);
    return {};
  }

  /// Leaves the rows of which delete_where holds.
  Result<void> KeepTargets(const table::RowRange& range, std::vector<int64_t>& places) {
    if (places.empty()) return {};
    const Batch rows = TRY(table::ReadPhysicalRange(*base_, delete_columns_, range));
    std::vector<uint8_t> holds(static_cast<size_t>(range.count), 1), keep;
    TRY(delete_filter_->Apply(rows, holds));
    for (int64_t place : places) keep.push_back(holds[static_cast<size_t>(place)]);
    Keep(places, keep);
    return {};
  }

  template <class T>
  static void Keep(std::vector<T>& items, std::span<const uint8_t> keep) {
    size_t kept = 0;
    for (size_t i = 0; i < items.size(); i++) {
      if (keep[i]) items[kept++] = items[i];
    }
    items.resize(kept);
  }

  std::shared_ptr<const table::Snapshot>& current_;
  std::shared_ptr<const table::Snapshot> base_;
  const MergeInsertOptions& options_;
  const Batch& rows_;
  table::Projection key_columns_;   // of the table
  table::Projection kept_columns_;  // of the table, those that the rows lack
  std::optional<where::Filter> update_filter_, delete_filter_;
  table::Projection update_columns_, delete_columns_;  // of the table, what the conditions may name
  Batch update_source_;                                // of the rows, what update_where may name
  Schema joined_;                                      // both, as update_where sees them
  KeyJoin join_;
  std::vector<uint8_t> is_matched_;  // by key
  std::unique_ptr<RowWrite> write_;
  std::map<uint64_t, lance::RowSet> gone_;
  std::string scratch_;
  MergeInsertResult result_;
};

}  // namespace

Result<MergeInsertResult> MergeInsert(std::shared_ptr<const table::Snapshot>& current, std::span<const std::string> on,
                                      const MergeInsertOptions& options, const Batch& rows) {
  return WithRetries(current, [&](auto& base) { return Merge(base, options, rows).Run(on); });
}

}  // namespace squire::engine
