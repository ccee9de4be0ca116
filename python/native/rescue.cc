// First aid for tables that need not open: dicts in the shape of the command line's JSON (docs/json.md).

#include "squire/rescue.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "rescue_object.h"

namespace squire::python {
namespace {

nb::list Findings(const std::vector<Finding>& findings) {
  nb::list out;
  for (const Finding& finding : findings) {
    nb::dict entry;
    entry["kind"] = finding.kind;
    entry["text"] = finding.text;
    entry["command"] = finding.command;
    entry["bytes"] = finding.bytes;
    entry["damage"] = finding.is_damage;
    out.append(entry);
  }
  return out;
}

nb::dict Begin(const std::string& path) {
  nb::dict out;
  out["table"] = path;
  return out;
}

nb::dict DoctorOne(const std::string& path) {
  const DoctorReport report = Engine([&] { return Doctor(path); });
  nb::dict out = Begin(path), bytes, live;
  out["version"] = report.version;
  out["versions"] = report.versions;
  out["fragments"] = report.fragments;
  out["rows"] = report.rows;
  bytes["live"] = report.bytes.live;
  bytes["old_versions"] = report.bytes.old_versions;
  bytes["orphans"] = report.bytes.orphans;
  bytes["indexes"] = report.bytes.indexes;
  bytes["manifests"] = report.bytes.manifests;
  bytes["total"] = report.bytes.total;
  out["bytes"] = bytes;
  live["data"] = report.bytes.live_data;
  live["deletions"] = report.bytes.live_deletions;
  live["indexes"] = report.bytes.live_indexes;
  out["live"] = live;
  out["deleted_rows_bytes"] = report.bytes.deleted_rows;
  out["problems"] = Findings(report.problems);
  out["remedies"] = Findings(report.remedies);
  return out;
}

nb::dict PruneOne(const std::string& path, uint64_t keep_versions, int64_t older_than_s, int64_t leftover_age_s,
                  bool dry_run) {
  const PruneRequest request{keep_versions, older_than_s, leftover_age_s, dry_run};
  const PruneReport report = Engine([&]() -> Result<PruneReport> {
    auto pruned = Prune(path, request);
    if (pruned && pruned->failure) return *std::move(pruned->failure);
    return pruned;
  });
  nb::dict out = Begin(path), kept;
  out["dry_run"] = dry_run;
  out["versions_removed"] = report.versions_removed;
  out["files_removed"] = report.files_removed;
  out["bytes_freed"] = report.bytes_freed;
  out["freed_bytes"] = dry_run ? 0 : report.bytes_freed;
  kept["tagged"] = report.versions_tagged;
  kept["young"] = report.versions_young;
  kept["in_use"] = report.versions_in_use;
  out["kept"] = kept;
  out["problems"] = report.problems;
  if (dry_run) out["would_free_bytes"] = report.bytes_freed;
  return out;
}

nb::dict VerifyOne(const std::string& path, bool deep) {
  const TableVerifyReport report = Engine([&] { return Verify(path, {deep, {}}); });
  nb::dict out = Begin(path);
  out["version"] = report.version;
  out["versions"] = report.versions;
  out["rows"] = report.rows;
  out["fragments"] = report.fragments;
  out["indexes"] = report.indexes;
  out["bytes_read"] = report.bytes_read;
  out["deep"] = report.deep;
  out["unchecked"] = report.unchecked;
  out["notes"] = report.notes;
  out["problems"] = report.problems;
  return out;
}

nb::dict RepairOne(const std::string& path, bool dry_run) {
  const RepairReport report = Engine([&] { return Repair(path, {dry_run, {}}); });
  nb::dict out = Begin(path);
  out["dry_run"] = report.dry_run;
  out["repaired"] = report.changes_anything();
  out["version"] = report.version;
  out["set_aside"] = report.set_aside;
  nb::list fragments, columns, indexes;
  for (const auto& lost : report.fragments) {
    nb::dict entry;
    entry["fragment"] = lost.id;
    entry["lost_rows"] = lost.rows;
    entry["why"] = lost.why;
    fragments.append(entry);
  }
  for (const auto& column : report.columns) {
    nb::dict entry;
    entry["fragment"] = column.fragment;
    entry["column"] = column.column;
    entry["lost_values"] = column.lost_values;
    entry["why"] = column.why;
    columns.append(entry);
  }
  for (const auto& index : report.indexes) {
    nb::dict entry;
    entry["name"] = index.name;
    entry["action"] = index.is_rebuilt ? "rebuilt" : "dropped";
    entry["why"] = index.why;
    indexes.append(entry);
  }
  out["fragments"] = fragments;
  out["columns"] = columns;
  out["indexes"] = indexes;
  out["corrected"] = report.corrected;
  out["left"] = report.left;
  out["lost_rows"] = report.lost_rows;
  out["lost_values"] = report.lost_values;
  out["restored_rows"] = report.restored_rows;
  return out;
}

}  // namespace

void BindRescue(nb::module_& module) {
  module.def("find_tables", [](const std::string& path) { return Engine([&] { return FindTables(path); }); });
  module.def("doctor", &DoctorOne, nb::arg("path"));
  module.def("prune", &PruneOne, nb::arg("path"), nb::arg("keep_versions"), nb::arg("older_than_s"),
             nb::arg("leftover_age_s"), nb::arg("dry_run"));
  module.def("verify", &VerifyOne, nb::arg("path"), nb::arg("deep"));
  module.def("repair", &RepairOne, nb::arg("path"), nb::arg("dry_run"));
}

}  // namespace squire::python
