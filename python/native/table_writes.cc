// Adding, replacing, merging and deleting rows. Data comes in by Arrow and is read without the interpreter's lock.

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrow_object.h"
#include "table_object.h"

namespace squire::python {
namespace {

uint64_t Append(TableObject& self, nb::handle rows, bool overwrite) {
  Schema schema;
  const BatchSource source = RowsOf(rows, &schema);
  return self.Write([&](Table& table) -> Result<uint64_t> {
    auto write = overwrite ? SQUIRE_TRY(table.BeginOverwrite(schema)) : SQUIRE_TRY(table.BeginWrite());
    while (auto batch = SQUIRE_TRY(source())) {
      if (batch->num_rows > 0) SQUIRE_TRY(write->Append(*batch));
    }
    return write->Commit();
  });
}

uint64_t Upsert(TableObject& self, const std::string& column, nb::handle rows) {
  Schema schema;
  const BatchSource source = RowsOf(rows, &schema);
  return self.Write([&](Table& table) -> Result<uint64_t> {
    return table.UpsertByKey(column, SQUIRE_TRY(GatherRows(source, schema)));
  });
}

std::tuple<uint64_t, uint64_t, uint64_t, uint64_t> MergeInsert(TableObject& self, const std::vector<std::string>& on,
                                                               bool update_matched, const std::string& update_where,
                                                               bool insert_not_matched, bool delete_not_matched,
                                                               const std::string& delete_where, nb::handle rows) {
  const MergeInsertOptions options{update_matched, update_where, insert_not_matched, delete_not_matched, delete_where};
  Schema schema;
  const BatchSource source = RowsOf(rows, &schema);
  const MergeInsertResult result = self.Write([&](Table& table) -> Result<MergeInsertResult> {
    return table.MergeInsert(on, options, SQUIRE_TRY(GatherRows(source, schema)));
  });
  return {result.version, result.updated, result.inserted, result.deleted};
}

std::pair<uint64_t, int64_t> DeleteKeys(TableObject& self, const std::string& column, nb::handle keys) {
  const Array values = ColumnOf(keys);
  return self.Write([&](Table& table) -> Result<std::pair<uint64_t, int64_t>> {
    const int64_t before = table.CountRows();
    const uint64_t version = SQUIRE_TRY(table.DeleteKeys(column, values));
    return std::pair(version, before - table.CountRows());
  });
}

std::pair<uint64_t, uint64_t> Delete(TableObject& self, const std::string& where) {
  const DeleteResult result = self.Write([&](Table& table) { return table.Delete(where); });
  return {result.version, result.rows};
}

std::pair<uint64_t, uint64_t> Update(TableObject& self, const std::string& where,
                                     const std::vector<std::pair<std::string, std::string>>& set) {
  std::vector<Assignment> assignments;
  for (const auto& [column, expression] : set) assignments.push_back({column, expression});
  const UpdateResult result = self.Write([&](Table& table) { return table.Update(where, assignments); });
  return {result.version, result.rows};
}

/// Gives the rows of which `where` holds the columns of the one row `values`, in one version.
std::pair<uint64_t, uint64_t> SetValues(TableObject& self, const std::string& where, nb::handle values) {
  Schema schema;
  const BatchSource source = RowsOf(values, &schema);
  return self.Write([&](Table& table) -> Result<std::pair<uint64_t, uint64_t>> {
    const Batch value = SQUIRE_TRY(GatherRows(source, schema));
    const UpdateResult result = SQUIRE_TRY(table.Update(where, value));
    return std::pair(result.version, result.rows);
  });
}

}  // namespace

void BindWrites(TableClass& type) {
  type.def("append", &Append, nb::arg("rows"), nb::arg("overwrite"))
      .def("upsert", &Upsert, nb::arg("column"), nb::arg("rows"))
      .def("merge_insert", &MergeInsert, nb::kw_only(), nb::arg("on"), nb::arg("update_matched"),
           nb::arg("update_where"), nb::arg("insert_not_matched"), nb::arg("delete_not_matched"),
           nb::arg("delete_where"), nb::arg("rows"))
      .def("delete_keys", &DeleteKeys, nb::arg("column"), nb::arg("keys"))
      .def("delete", &Delete, nb::arg("where"))
      .def("update", &Update, nb::arg("where"), nb::arg("set"))
      .def("set_values", &SetValues, nb::arg("where"), nb::arg("values"));
}

}  // namespace squire::python
