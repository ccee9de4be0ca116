#include "serve/health_report.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

namespace squire::serve {

using nlohmann::ordered_json;

namespace {

double Seconds(int64_t time_ns) { return static_cast<double>(time_ns / 1'000'000) / 1000; }

const char* StatusName(bool red) { return red ? "red" : "green"; }

ordered_json StageJson(const StageHealth& stage) {
  ordered_json out = {{"status", StatusName(stage.red)},
                      {"last_success", Seconds(stage.last_success_ns)},
                      {"last_attempt", Seconds(stage.last_attempt_ns)},
                      {"streak", stage.streak},
                      {"since", Seconds(stage.since_ns)},
                      {"last_error", nullptr}};
  if (const auto& error = stage.last_error) {
    out["last_error"] = {{"code", CodeName(error->code)}, {"message", error->message},
                         {"path", error->path},           {"errno", error->os_errno},
                         {"retryable", error->retryable}, {"time", Seconds(stage.last_error_ns)}};
  }
  return out;
}

/// A label's value: text of strangers within quotes.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

/// Puts together one metric after the other, of all tables.
class Metrics {
 public:
  explicit Metrics(const std::vector<NamedHealth>& tables) : tables_(tables) {}

  void Add(const char* name, const char* help, const std::function<double(const TableHealth&)>& value) {
    Begin(name, help);
    for (const NamedHealth& table : tables_)
      text_ += fmt::format("{}{{table={}}} {}\n", name, Quoted(table.table), value(table.health));
  }
  void AddOfStages(const char* name, const char* help, const std::function<double(const StageHealth&)>& value) {
    Begin(name, help);
    for (const NamedHealth& table : tables_) {
      for (const StageHealth& stage : table.health.stages)
        text_ +=
            fmt::format("{}{{table={},stage={}}} {}\n", name, Quoted(table.table), Quoted(stage.stage), value(stage));
    }
  }
  std::string Take() { return std::move(text_); }

 private:
  void Begin(const char* name, const char* help) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
  }

  const std::vector<NamedHealth>& tables_;
  std::string text_;
};

}  // namespace

ordered_json ToJson(const TableHealth& health) {
  ordered_json stages = ordered_json::object();
  for (const StageHealth& stage : health.stages) stages[stage.stage] = StageJson(stage);
  const TableMeasures& measures = health.measures;
  return {{"status", StatusName(health.red)},
          {"owned", health.owned},
          {"recorded", health.recorded},
          {"stages", std::move(stages)},
          {"bytes", measures.bytes},
          {"live_bytes", measures.live_bytes},
          {"ratio", BytesRatio(measures)},
          {"versions", measures.versions},
          {"fragments", measures.fragments},
          {"files", measures.files},
          {"descriptors", measures.descriptors},
          {"free_bytes", measures.free_bytes},
          {"measured", Seconds(measures.measured_ns)}};
}

std::string TroubleText(const TableHealth& health) {
  std::string text;
  for (const StageHealth& stage : health.stages) {
    if (!stage.red) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", stage.stage,
                        stage.streak == 1 ? "has failed" : fmt::format("has failed {} times", stage.streak));
    if (stage.last_error) text += ": " + stage.last_error->ToString();
  }
  return text;
}

std::string PrometheusText(const std::vector<NamedHealth>& tables) {
  Metrics metrics(tables);
  const auto measure = [&](const char* name, const char* help, uint64_t TableMeasures::* member) {
    metrics.Add(name, help,
                [member](const TableHealth& health) { return static_cast<double>(health.measures.*member); });
  };
  metrics.Add("squire_table_healthy", "1 while every stage of the table is green, else 0.",
              [](const TableHealth& health) { return health.red ? 0.0 : 1.0; });
  measure("squire_table_bytes", "Bytes of all files in the table's folder.", &TableMeasures::bytes);
  measure("squire_table_live_bytes", "Bytes of them that the newest version's rows take.", &TableMeasures::live_bytes);
  metrics.Add("squire_table_bytes_ratio", "Bytes by live bytes.",
              [](const TableHealth& health) { return BytesRatio(health.measures); });
  measure("squire_table_versions", "Versions on the disk.", &TableMeasures::versions);
  measure("squire_table_fragments", "Fragments of the newest version.", &TableMeasures::fragments);
  measure("squire_table_files", "Files in the table's folder.", &TableMeasures::files);
  measure("squire_disk_free_bytes", "Bytes that are free on the table's disk.", &TableMeasures::free_bytes);
  metrics.AddOfStages("squire_stage_healthy", "1 unless the stage's last attempt failed, then 0.",
                      [](const StageHealth& stage) { return stage.red ? 0.0 : 1.0; });
  metrics.AddOfStages("squire_stage_failures", "Failures of the stage in a row.",
                      [](const StageHealth& stage) { return static_cast<double>(stage.streak); });
  metrics.AddOfStages("squire_stage_last_success_seconds", "When the stage last succeeded, since 1970; 0: unknown.",
                      [](const StageHealth& stage) { return Seconds(stage.last_success_ns); });
  return metrics.Take();
}

}  // namespace squire::serve
