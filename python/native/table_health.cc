// Whether a table is well, and the limits it is held to.

#include <nanobind/stl/string.h>

#include "table_object.h"

namespace squire::python {
namespace {

/// Texts of a record may be cut or damaged: what is no UTF-8 becomes U+FFFD.
nb::object Text(const std::string& text) {
  return nb::steal<nb::object>(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

double Seconds(int64_t time_ns) { return static_cast<double>(time_ns / 1'000'000) / 1000; }

nb::dict StageDict(const StageHealth& stage) {
  nb::dict out;
  out["status"] = stage.red ? "red" : "green";
  out["last_success"] = Seconds(stage.last_success_ns);
  out["last_attempt"] = Seconds(stage.last_attempt_ns);
  out["streak"] = stage.streak;
  out["since"] = Seconds(stage.since_ns);
  out["last_error"] = nb::none();
  if (!stage.last_error) return out;
  nb::dict error;
  error["code"] = std::string(CodeName(stage.last_error->code));
  error["message"] = Text(stage.last_error->message);
  error["path"] = Text(stage.last_error->path);
  error["errno"] = stage.last_error->os_errno;
  error["retryable"] = stage.last_error->retryable;
  error["time"] = Seconds(stage.last_error_ns);
  out["last_error"] = error;
  return out;
}

nb::dict HealthDict(const TableHealth& health) {
  nb::dict stages;
  for (const StageHealth& stage : health.stages) stages[Text(stage.stage)] = StageDict(stage);
  nb::dict out;
  out["status"] = health.red ? "red" : "green";
  out["owned"] = health.owned;
  out["recorded"] = health.recorded;
  out["stages"] = stages;
  out["bytes"] = health.measures.bytes;
  out["live_bytes"] = health.measures.live_bytes;
  out["ratio"] = BytesRatio(health.measures);
  out["versions"] = health.measures.versions;
  out["fragments"] = health.measures.fragments;
  out["files"] = health.measures.files;
  out["descriptors"] = health.measures.descriptors;
  out["free_bytes"] = health.measures.free_bytes;
  out["measured"] = Seconds(health.measures.measured_ns);
  return out;
}

}  // namespace

void BindHealth(nb::module_& module, TableClass& type) {
  type.def("health", [](const TableObject& self) {
    return HealthDict(self.Read([](const Table& table) -> Result<TableHealth> { return table.Health(); }));
  });
  module.def(
      "read_health", [](const std::string& path) { return HealthDict(Engine([&] { return ReadHealth(path); })); },
      nb::arg("path"));
}

}  // namespace squire::python
