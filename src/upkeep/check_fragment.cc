#include "upkeep/check_fragment.h"

#include <algorithm>
#include <functional>

#include "table/row_ids.h"

namespace squire::upkeep {
namespace {

class Checker {
 public:
  Checker(const table::Snapshot& snapshot, table::Fragment& fragment) : snapshot_(snapshot), fragment_(fragment) {}

  Result<FragmentCheck> Run(bool deep) {
    TRY(CheckDeletions());
    for (int i = 0; i < fragment_.meta().files_size(); i++) TRY(CheckFile(i));
    CheckRowIds();
    if (deep) TRY(CheckColumns());
    return std::move(check_);
  }

 private:
  /// Files away an error that is about this build, hands back one that is about the machine.
  Result<void> Judge(Error error, const std::string& what, const std::function<void(Error)>& on_damage) {
    if (error.code == Code::kUnsupported)
      check_.unchecked.push_back(what + ": " + error.message);
    else if (IsDamage(error))
      on_damage(std::move(error));
    else
      return error;
    return {};
  }

  Result<void> CheckDeletions() {
    auto deleted = fragment_.Deleted();
    if (!deleted)
      return Judge(std::move(deleted.error()), "deletions", [&](Error e) { check_.deletions = std::move(e); });
    if ((*deleted)->count() != fragment_.meta().deletion_file().num_deleted_rows())
      check_.deleted_rows = (*deleted)->count();
    return {};
  }

  Result<void> CheckFile(int index) {
    const pb::DataFile& file = fragment_.meta().files(index);
    const auto open = [&]() -> Result<std::shared_ptr<lance::FileReader>> {
      return snapshot_.files()->Open(JoinPath(TRY(snapshot_.DataFolder(file)), file.path()));
    };
    auto reader = open();
    const auto lose = [&](Error error) { check_.lost.push_back({index, std::move(error)}); };
    if (!reader) return Judge(std::move(reader.error()), file.path(), lose);
    const auto rows = static_cast<uint64_t>((*reader)->num_rows()), wanted = fragment_.meta().physical_rows();
    if (rows < wanted)
      lose(Corruption("it holds " + std::to_string(rows) + " of " + std::to_string(wanted) + " rows", file.path()));
    if (rows > wanted) check_.rows.push_back({index, rows, wanted});
    if (file.file_size_bytes() != 0 && (*reader)->size_bytes() != file.file_size_bytes())
      check_.sizes.push_back({index, (*reader)->size_bytes(), file.file_size_bytes()});
    const auto columns = static_cast<int64_t>((*reader)->num_columns());
    if (std::ranges::any_of(file.column_indices(), [&](int32_t column) { return column >= columns; }))
      check_.others.push_back(file.path() + " has " + std::to_string(columns) +
                              " columns, fewer than the manifest says");
    return {};
  }

  void CheckRowIds() {
    if ((snapshot_.manifest().reader_feature_flags() & lance::kFlagStableRowIds) == 0) return;
    if (!fragment_.meta().has_inline_row_ids()) return check_.others.push_back("its rows have no ids");
    const auto ids = table::ParseRowIds(AsBytes(fragment_.meta().inline_row_ids()));
    if (!ids)
      check_.others.push_back(ids.error().message);
    else if (ids->count != fragment_.meta().physical_rows())
      check_.others.push_back(std::to_string(ids->count) + " row ids for " +
                              std::to_string(fragment_.meta().physical_rows()) + " rows");
    else if (ids->end > snapshot_.manifest().next_row_id())
      check_.others.push_back("it has row ids that were never given out");
  }

  /// Whether some of a column lies in a file that is lost.
  [[nodiscard]] bool IsLost(const lance::FieldIds& ids) const {
    for (const auto& lost : check_.lost) {
      const auto& fields = fragment_.meta().files(lost.file).fields();
      std::vector<const lance::FieldIds*> below = {&ids};
      while (!below.empty()) {
        const lance::FieldIds* at = below.back();
        below.pop_back();
        if (std::ranges::find(fields, at->id) != fields.end()) return true;
        for (const lance::FieldIds& child : at->children) below.push_back(&child);
      }
    }
    return false;
  }

  Result<void> CheckColumns() {
    for (size_t column = 0; column < snapshot_.schema().fields.size(); column++) {
      const Field& field = snapshot_.schema().fields[column];
      if (IsLost(snapshot_.ids_of(snapshot_.field_id(column)))) continue;
      auto read = ReadColumn(column, field);
      if (read) continue;
      TRY(Judge(std::move(read.error()), "column '" + field.name + "'",
                [&](Error e) { check_.columns.push_back({column, std::move(e)}); }));
    }
    return {};
  }

  Result<void> ReadColumn(size_t column, const Field& field) {
    bool has_nulls = false;
    check_.bytes_read +=
        TRY(ReadInBatches(fragment_.physical_rows(), [&](int64_t first, int64_t count) -> Result<int64_t> {
          const Array values = TRY(fragment_.Read(snapshot_.field_id(column), field.type, first, count));
          if (values.length != count) return Corruption("fewer values than rows");
          has_nulls |= !field.nullable && values.null_count() > 0;
          return values.byte_size();
        }));
    if (has_nulls) check_.others.push_back("column '" + field.name + "' holds nulls and must not");
    return {};
  }

  const table::Snapshot& snapshot_;
  table::Fragment& fragment_;
  FragmentCheck check_;
};

}  // namespace

bool IsDamage(const Error& error) {
  return error.code == Code::kNotFound || error.code == Code::kCorruption || error.code == Code::kInvalidArgument;
}

std::vector<std::string> FragmentCheck::Sentences(const table::Snapshot& snapshot,
                                                  const table::Fragment& fragment) const {
  std::vector<std::string> out;
  const auto say = [&](const std::string& what) {
    out.push_back("fragment " + std::to_string(fragment.id()) + ": " + what);
  };
  const auto name = [&](int file) { return fragment.meta().files(file).path(); };
  for (const LostFile& file : lost) say(file.error.ToString());
  for (const Mismatch& file : sizes)
    say(name(file.file) + " has " + std::to_string(file.actual) + " bytes, the manifest says " +
        std::to_string(file.claimed));
  for (const Mismatch& file : rows)
    say(name(file.file) + " holds " + std::to_string(file.actual) + " rows, the manifest says " +
        std::to_string(file.claimed));
  if (deletions) say(deletions->ToString());
  if (deleted_rows)
    say(std::to_string(*deleted_rows) + " rows are deleted, the manifest says " +
        std::to_string(fragment.meta().deletion_file().num_deleted_rows()));
  for (const BadColumn& bad : columns)
    say("column '" + snapshot.schema().fields[bad.column].name + "': " + bad.error.ToString());
  for (const std::string& other : others) say(other);
  return out;
}

Result<FragmentCheck> CheckFragment(const table::Snapshot& snapshot, table::Fragment& fragment, bool deep) {
  return Checker(snapshot, fragment).Run(deep);
}

}  // namespace squire::upkeep
