#pragma once

/// Answers about an index as JSON, the same wherever they are given (docs/json.md). Pure functions.

#include <nlohmann/json_fwd.hpp>

#include "sync/index.h"

namespace squire::serve {

/// With `explain` what the score is made of, too.
nlohmann::ordered_json ToJson(const sync::SearchHit& hit, bool explain = false);
nlohmann::ordered_json ToJson(const std::vector<sync::SearchHit>& hits, bool explain = false);
nlohmann::ordered_json ToJson(const sync::Status& status);
nlohmann::ordered_json ToJson(const sync::UpdateReport& report);

/// "3 files changed since the last index run, 2 are not indexed yet"; empty when the index knows all.
std::string FreshnessText(const sync::Freshness& freshness);

}  // namespace squire::serve
