#include "engine/schema_change.h"

#include <algorithm>
#include <set>

#include "lance/file_writer.h"
#include "lance/logical_type.h"
#include "query/where/expression.h"
#include "table/commit.h"
#include "table/draft.h"
#include "table/fragment_writer.h"
#include "table/scan.h"

namespace squire::engine {
namespace {

using SnapshotPtr = std::shared_ptr<const table::Snapshot>;
using Fields = google::protobuf::RepeatedPtrField<pb::Field>;

constexpr int64_t kRangeRows = 8192;

Result<uint64_t> Publish(SnapshotPtr& current, table::Change change) {
  current = TRY(table::Commit(current, std::move(change)));
  return current->version();
}

Result<size_t> FindColumn(const Schema& schema, const std::string& name) {
  const int at = schema.Find(name);
  if (at < 0) return NotFound("the table has no column '" + name + "'");
  return static_cast<size_t>(at);
}

/// Values of new columns, written as one more data file for each fragment.
class ColumnFiles {
 public:
  static Result<ColumnFiles> Make(const table::Snapshot& base, std::span<const NewColumn> columns, Fields fields) {
    ColumnFiles out(base, std::move(fields));
    for (const NewColumn& column : columns) {
      if (column.expression.empty()) continue;
      auto expression = where::ParseExpression(column.expression, base.schema(), column.field.type);
      if (!expression) {
        expression.error().message = "column '" + column.field.name + "': " + expression.error().message;
        return std::move(expression.error());
      }
      out.expressions_.push_back(*std::move(expression));
      out.schema_.fields.push_back(column.field);
    }
    out.projection_ = TRY(table::Project(base, {}));
    out.version_ = TRY(table::FileVersionOf(base.manifest()));
    return out;
  }
  ColumnFiles(ColumnFiles&&) = default;
  ~ColumnFiles() {
    for (const std::string& path : written_) table::RemoveLeftover(base_->files()->fs(), base_->paths(), path);
  }
  void Keep() { written_.clear(); }

  Result<std::map<uint64_t, pb::DataFile>> WriteAll() {
    std::map<uint64_t, pb::DataFile> files;
    for (size_t i = 0; i < base_->num_fragments() && !expressions_.empty(); i++)
      files[base_->fragment(i).id()] = TRY(Write(i));
    return files;
  }

 private:
  ColumnFiles(const table::Snapshot& base, Fields fields) : base_(&base), fields_(std::move(fields)) {}

  Result<pb::DataFile> Write(size_t index) {
    const std::string name = TRY(base_->NewNames()).DataFile();
    const std::string path = base_->paths().DataFile(name);
    FileSystem& fs = base_->files()->fs();
    auto writer = TRY(lance::FileWriter::Create(fs, path, schema_, fields_, {.version = version_}));
    const int64_t rows = base_->fragment(index).physical_rows();
    for (int64_t first = 0; first < rows; first += kRangeRows)
      TRY(writer->Write(TRY(Evaluate({index, first, std::min(kRangeRows, rows - first)}))));
    written_.push_back(path);
    const lance::WrittenFile written = TRY(writer->Finish());
    return table::DescribeFile(name, written, version_);
  }

  /// Values for every row of a range: deleted ones have none, whatever the expression would say of them.
  Result<Batch> Evaluate(const table::RowRange& range) {
    const table::RangeBatch live = TRY(table::ReadRange(*base_, projection_, range));
    Batch out{schema_, {}, range.count};
    std::vector<int64_t> places(static_cast<size_t>(range.count), live.batch.num_rows);  // of a null, at the end
    for (size_t row = 0; row < live.addresses.size(); row++)
      places[static_cast<size_t>(static_cast<int64_t>(live.addresses[row] & 0xffffffff) - range.first)] =
          static_cast<int64_t>(row);
    for (size_t i = 0; i < expressions_.size(); i++) {
      const Array values = TRY(expressions_[i].Evaluate(live.batch));
      const Field& field = schema_.fields[i];
      if (!field.nullable && values.null_count() > 0)
        return InvalidArgument("column '" + field.name + "' must not be null, and its value is for some rows");
      if (live.batch.num_rows == range.count) {
        out.columns.push_back(values);
        continue;
      }
      if (!field.nullable)
        return Unsupported("a column without nulls cannot be added beside deleted rows; compact first");
      const Array null = TRY(NullArray(field.type, 1));
      const Array parts[] = {values, null};
      out.columns.push_back(TRY(TakeRows(TRY(Concatenate(parts)), places)));
    }
    return out;
  }

  const table::Snapshot* base_;
  Fields fields_;
  Schema schema_;
  std::vector<where::Expression> expressions_;
  table::Projection projection_;
  lance::FileVersion version_ = lance::FileVersion::k22;
  std::vector<std::string> written_;
};

}  // namespace

Result<uint64_t> AddColumns(SnapshotPtr& current, std::span<const NewColumn> wanted) {
  std::vector<NewColumn> columns(wanted.begin(), wanted.end());
  for (NewColumn& column : columns) {
    if (column.field.type.id == TypeId::kNull && !column.expression.empty())
      column.field.type = TRY(where::TypeOfExpression(column.expression, current->schema()));
  }
  if (columns.empty()) return InvalidArgument("no column to add");
  std::set<std::string> names;
  for (const Field& field : current->schema().fields) names.insert(field.name);
  Schema computed, empty;
  for (const NewColumn& column : columns) {
    if (!names.insert(column.field.name).second)
      return AlreadyExists("the table has a column '" + column.field.name + "' already");
    if (column.expression.empty() && !column.field.nullable && current->num_rows() > 0)
      return InvalidArgument("column '" + column.field.name + "' must not be null, and no value is given");
    (column.expression.empty() ? empty : computed).fields.push_back(column.field);
  }
  TRY(lance::CheckSchema(computed));
  TRY(lance::CheckSchema(empty));
  const int32_t first = table::HighestFieldId(current->manifest()) + 1;
  const Fields of_files = TRY(lance::ToFields(computed, first));
  const Fields of_nulls = TRY(lance::ToFields(empty, first + of_files.size()));
  table::Change change;
  change.kind = table::Change::Kind::kAddColumns;
  change.fields = current->manifest().fields();
  change.fields.MergeFrom(of_files);
  change.fields.MergeFrom(of_nulls);
  const SnapshotPtr base = current;  // the files' columns are read from it
  auto files = TRY(ColumnFiles::Make(*base, columns, of_files));
  change.new_files = TRY(files.WriteAll());
  auto published = Publish(current, std::move(change));
  if (published || published.error().code == Code::kCommitUnknown) files.Keep();
  return published;
}

Result<uint64_t> DropColumns(SnapshotPtr& current, std::span<const std::string> columns) {
  std::set<int32_t> dropped;
  for (const std::string& column : columns)
    dropped.insert(current->field_id(TRY(FindColumn(current->schema(), column))));
  if (dropped.empty()) return InvalidArgument("no column to drop");
  if (dropped.size() == current->schema().fields.size()) return InvalidArgument("a table keeps at least one column");
  table::Change change;
  change.kind = table::Change::Kind::kProject;
  for (const pb::Field& field : current->manifest().fields()) {  // parents come first
    if (dropped.contains(field.parent_id())) dropped.insert(field.id());
    if (!dropped.contains(field.id())) *change.fields.Add() = field;
  }
  return Publish(current, std::move(change));
}

Result<uint64_t> RenameColumn(SnapshotPtr& current, const std::string& column, const std::string& name) {
  const int32_t id = current->field_id(TRY(FindColumn(current->schema(), column)));
  if (name.empty()) return InvalidArgument("a column needs a name");
  if (name != column && current->schema().Find(name) >= 0)
    return AlreadyExists("the table has a column '" + name + "' already");
  table::Change change;
  change.kind = table::Change::Kind::kProject;
  change.fields = current->manifest().fields();
  for (pb::Field& field : change.fields)
    if (field.id() == id) field.set_name(name);
  return Publish(current, std::move(change));
}

}  // namespace squire::engine
