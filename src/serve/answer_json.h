#pragma once

/// Answers about an index as JSON, the same wherever they are given (docs/json.md). Pure functions.

#include <nlohmann/json_fwd.hpp>

#include "sync/index.h"

namespace squire::serve {

nlohmann::ordered_json ToJson(const sync::SearchHit& hit);
nlohmann::ordered_json ToJson(const std::vector<sync::SearchHit>& hits);
nlohmann::ordered_json ToJson(const sync::Status& status);
nlohmann::ordered_json ToJson(const sync::UpdateReport& report);

/// "3 files changed since the last index run, 2 are not indexed yet"; empty when the index knows all.
std::string FreshnessText(const sync::Freshness& freshness);

}  // namespace squire::serve
