#pragma once

/// A table's health as JSON and as Prometheus text, the same wherever it is told (docs/json.md). Pure functions.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "squire/health.h"

namespace squire::serve {

/// {"status": "green" or "red", ..., "stages": {...}}
nlohmann::ordered_json ToJson(const TableHealth& health);

/// "commit has failed 3 times: NoSpace: ..."; empty when all is green.
std::string TroubleText(const TableHealth& health);

struct NamedHealth {
  std::string table;  ///< its path
  TableHealth health;
};

/// Gauges with the label `table`, by the text format 0.0.4 of Prometheus.
std::string PrometheusText(const std::vector<NamedHealth>& tables);

}  // namespace squire::serve
