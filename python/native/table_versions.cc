// Columns added, dropped and renamed; indexes of keys; versions restored and named.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrow_object.h"
#include "table_object.h"

namespace squire::python {
namespace {

/// Columns by expression, or, of a schema's fields, null throughout.
uint64_t AddColumns(TableObject& self, const std::vector<std::pair<std::string, std::string>>& expressions,
                    nb::handle fields) {
  std::vector<NewColumn> columns;
  for (const auto& [name, expression] : expressions) {
    NewColumn column;
    column.field.name = name;
    column.expression = expression;
    columns.push_back(std::move(column));
  }
  if (!fields.is_none()) {
    for (Field& field : SchemaOf(fields).fields) {
      NewColumn column;
      column.field = std::move(field);
      columns.push_back(std::move(column));
    }
  }
  return self.Write([&](Table& table) { return table.AddColumns(columns); });
}

uint64_t DropColumns(TableObject& self, const std::vector<std::string>& columns) {
  return self.Write([&](Table& table) { return table.DropColumns(columns); });
}

uint64_t RenameColumn(TableObject& self, const std::string& column, const std::string& name) {
  return self.Write([&](Table& table) { return table.RenameColumn(column, name); });
}

nb::list Tags(const TableObject& self) {
  nb::list out;
  for (const TagInfo& tag : self.Read([](const Table& table) { return table.Tags(); })) {
    nb::dict entry;
    entry["name"] = tag.name;
    entry["version"] = tag.version;
    out.append(entry);
  }
  return out;
}

TextIndexOptions TextOptions(const nb::dict& from) {
  TextIndexOptions out;
  const auto take = [&from](const char* name, auto& to) {
    if (from.contains(name)) to = nb::cast<std::remove_reference_t<decltype(to)>>(from[name]);
  };
  take("base_tokenizer", out.base_tokenizer);
  take("with_position", out.with_position);
  take("language", out.language);
  take("max_token_length", out.max_token_length);
  take("lower_case", out.lower_case);
  take("stem", out.stem);
  take("remove_stop_words", out.remove_stop_words);
  take("custom_stop_words", out.custom_stop_words);
  take("ascii_folding", out.ascii_folding);
  take("ngram_min_length", out.min_ngram_length);
  take("ngram_max_length", out.max_ngram_length);
  take("prefix_only", out.prefix_only);
  take("boosts", out.boosts);
  return out;
}

nb::list Indexes(const TableObject& self) {
  using Infos = std::vector<IndexInfo>;
  nb::list out;
  for (const IndexInfo& index : self.Read([](const Table& table) -> Result<Infos> { return table.Indexes(); })) {
    nb::dict entry;
    entry["name"] = index.name;
    entry["columns"] = index.columns;
    entry["kind"] = index.kind;
    entry["uuid"] = index.uuid;
    out.append(entry);
  }
  return out;
}

}  // namespace

void BindVersions(TableClass& type) {
  type.def("add_columns", &AddColumns, nb::arg("expressions"), nb::arg("fields").none())
      .def("drop_columns", &DropColumns, nb::arg("columns"))
      .def("rename_column", &RenameColumn, nb::arg("column"), nb::arg("name"))
      .def(
          "create_key_index",
          [](TableObject& self, const std::string& column, const std::string& name) {
            return self.Write([&](Table& table) { return table.CreateKeyIndex(column, name); });
          },
          nb::arg("column"), nb::arg("name"))
      .def(
          "create_vector_index",
          [](TableObject& self, const std::string& column, const std::string& name, const std::string& distance_type,
             size_t partitions, unsigned bits, int threads) {
            VectorIndexOptions options{Unwrap(MetricOf(distance_type)), partitions, bits, threads};
            return self.Write([&](Table& table) { return table.CreateVectorIndex(column, options, name); });
          },
          nb::arg("column"), nb::arg("name"), nb::arg("distance_type"), nb::arg("partitions"), nb::arg("bits"),
          nb::arg("threads"))
      .def(
          "retrain_vector_indexes",
          [](TableObject& self, int threads) {
            return self.Write([&](Table& table) { return table.RetrainVectorIndexes(threads); });
          },
          nb::arg("threads"))
      .def(
          "create_text_index",
          [](TableObject& self, const std::vector<std::string>& columns, const std::string& name,
             const nb::dict& options) {
            const TextIndexOptions how = TextOptions(options);
            return self.Write([&](Table& table) { return table.CreateTextIndex(columns, how, name); });
          },
          nb::arg("columns"), nb::arg("name"), nb::arg("options"))
      .def(
          "drop_index",
          [](TableObject& self, const std::string& name) {
            return self.Write([&](Table& table) { return table.DropIndex(name); });
          },
          nb::arg("name"))
      .def("indexes", &Indexes)
      .def(
          "restore",
          [](TableObject& self, uint64_t version) {
            return self.Write([&](Table& table) { return table.Restore(version); });
          },
          nb::arg("version"))
      .def("tags", &Tags)
      .def(
          "create_tag",
          [](TableObject& self, const std::string& name, uint64_t version) {
            self.Write([&](Table& table) { return table.CreateTag(name, version); });
          },
          nb::arg("name"), nb::arg("version"))
      .def(
          "update_tag",
          [](TableObject& self, const std::string& name, uint64_t version) {
            self.Write([&](Table& table) { return table.UpdateTag(name, version); });
          },
          nb::arg("name"), nb::arg("version"))
      .def(
          "delete_tag",
          [](TableObject& self, const std::string& name) {
            self.Write([&](Table& table) { return table.DeleteTag(name); });
          },
          nb::arg("name"));
}

}  // namespace squire::python
