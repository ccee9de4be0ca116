// Opening, versions and upkeep.

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <tuple>

#include "arrow_object.h"
#include "table_object.h"

namespace squire::python {
namespace {

using Limits = std::optional<std::tuple<uint64_t, double, uint64_t, uint64_t>>;

TableOptions OptionsOf(bool is_synced, const Limits& limits) {
  TableOptions options;
  if (limits) {
    const auto& [max_bytes, max_bytes_per_live, max_versions, min_free_disk] = *limits;
    options.limits = {max_bytes, max_bytes_per_live, max_versions, min_free_disk};
  }
  options.durability = is_synced ? Durability::kSynced : Durability::kUnsynced;
  return options;
}

std::unique_ptr<TableObject> Create(const std::string& path, nb::handle schema, bool is_synced, const Limits& limits,
                                    bool has_upkeep) {
  const Schema columns = SchemaOf(schema);
  TableOptions options = OptionsOf(is_synced, limits);
  options.has_upkeep = has_upkeep;
  return std::make_unique<TableObject>(Engine([&] { return Table::Create(path, columns, options); }));
}

std::unique_ptr<TableObject> Open(const std::string& path, std::optional<uint64_t> version, bool is_synced,
                                  const Limits& limits) {
  TableOptions options = OptionsOf(is_synced, limits);
  options.version = version;
  return std::make_unique<TableObject>(Engine([&] { return Table::Open(path, options); }));
}

nb::capsule SchemaOfTable(const TableObject& self) {
  return SchemaCapsule(self.Read([](const Table& table) -> Result<Schema> { return table.schema(); }));
}

nb::dict Stats(const TableObject& self) {
  const TableStats stats = self.Read([](const Table& table) { return table.Stats(); });
  nb::dict out;
  out["rows"] = stats.rows;
  out["version"] = stats.version;
  out["versions"] = stats.versions;
  out["fragments"] = stats.fragments;
  out["files"] = stats.files;
  out["bytes_on_disk"] = stats.bytes_on_disk;
  out["live_bytes"] = stats.live_bytes;
  out["indexes"] = stats.indexes;
  out["upkeep_seconds"] = stats.upkeep_seconds;
  out["upkeep_versions"] = stats.upkeep_versions;
  out["fragment_rows"] = stats.fragment_rows;
  return out;
}

nb::list Versions(const TableObject& self) {
  const auto versions = self.Read([](const Table& table) { return table.Versions(); });
  nb::list out;
  for (const VersionInfo& info : versions) {
    nb::dict entry;
    entry["version"] = info.version;
    entry["timestamp_ns"] = info.timestamp_ns;
    entry["rows"] = info.rows;
    entry["fragments"] = info.fragments;
    entry["writer"] = info.writer;
    out.append(entry);
  }
  return out;
}

nb::dict Compacted(const CompactStats& stats) {
  nb::dict out;
  out["fragments_before"] = stats.fragments_before;
  out["fragments_after"] = stats.fragments_after;
  out["rows_dropped"] = stats.rows_dropped;
  out["bytes_written"] = stats.bytes_written;
  out["put_off"] = stats.put_off;
  return out;
}

nb::dict Pruned(const PruneStats& stats) {
  nb::dict out;
  out["versions_removed"] = stats.versions_removed;
  out["files_removed"] = stats.files_removed;
  out["bytes_freed"] = stats.bytes_freed;
  out["put_off"] = stats.put_off;
  return out;
}

nb::dict Compact(TableObject& self) {
  return Compacted(self.Write([](Table& table) { return table.Compact(); }));
}

nb::dict Prune(TableObject& self, uint64_t keep_versions, int64_t older_than_s, int64_t leftover_age_s, bool dry_run) {
  const PruneRequest request{keep_versions, older_than_s, leftover_age_s, dry_run};
  return Pruned(self.Write([&](Table& table) { return table.Prune(request); }));
}

nb::dict Optimize(TableObject& self, uint64_t keep_versions, int64_t older_than_s, int64_t leftover_age_s) {
  const PruneRequest request{keep_versions, older_than_s, leftover_age_s, false};
  const UpkeepStats stats = self.Write([&](Table& table) { return table.Optimize(request); });
  nb::dict out;
  out["compacted"] = Compacted(stats.compacted);
  out["pruned"] = Pruned(stats.pruned);
  out["put_off"] = stats.put_off;
  return out;
}

nb::dict Verify(const TableObject& self) {
  const VerifyReport report = self.Read([](const Table& table) -> Result<VerifyReport> { return table.Verify(); });
  nb::dict out;
  out["fragments"] = report.fragments;
  out["rows"] = report.rows;
  out["bytes_read"] = report.bytes_read;
  out["problems"] = report.problems;
  return out;
}

}  // namespace

void BindLife(TableClass& type) {
  type.def_static("create", &Create, nb::arg("path"), nb::arg("schema"), nb::arg("synced") = true,
                  nb::arg("limits").none() = nb::none(), nb::arg("upkeep") = true)
      .def_static("open", &Open, nb::arg("path"), nb::arg("version").none() = nb::none(), nb::arg("synced") = true,
                  nb::arg("limits").none() = nb::none())
      .def("close", &TableObject::Close)
      .def_prop_ro("path",
                   [](const TableObject& self) {
                     return self.Read([](const Table& table) -> Result<std::string> { return table.path(); });
                   })
      .def_prop_ro("version",
                   [](const TableObject& self) {
                     return self.Read([](const Table& table) -> Result<uint64_t> { return table.version(); });
                   })
      .def("__arrow_c_schema__", &SchemaOfTable)
      .def_prop_ro("is_pinned",
                   [](const TableObject& self) {
                     return self.Read([](const Table& table) -> Result<bool> { return table.is_pinned(); });
                   })
      .def("refresh", [](TableObject& self) { return self.Write([](Table& table) { return table.Refresh(); }); })
      .def("stats", &Stats)
      .def("versions", &Versions)
      .def("compact", &Compact)
      .def("optimize", &Optimize, nb::arg("keep_versions"), nb::arg("older_than_s"), nb::arg("leftover_age_s"))
      .def("prune", &Prune, nb::arg("keep_versions"), nb::arg("older_than_s"), nb::arg("leftover_age_s"),
           nb::arg("dry_run"))
      .def("verify", &Verify);
}

}  // namespace squire::python
