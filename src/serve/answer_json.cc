#include "serve/answer_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "serve/health_report.h"

namespace squire::serve {

using nlohmann::ordered_json;

ordered_json ToJson(const sync::SearchHit& hit, bool explain) {
  ordered_json json = {{"path", hit.path},         {"start_line", hit.start_line},
                       {"end_line", hit.end_line}, {"score", hit.score},
                       {"kind", hit.kind},         {"name", hit.name},
                       {"lang", hit.lang},         {"text", hit.text}};
  if (!explain) return json;
  ordered_json& parts = json["parts"] = ordered_json::array();
  for (const sync::ScorePart& part : hit.parts)
    parts.push_back({{"signal", part.signal}, {"rank", part.rank}, {"value", part.value}, {"adds", part.adds}});
  return json;
}

ordered_json ToJson(const std::vector<sync::SearchHit>& hits, bool explain) {
  ordered_json array = ordered_json::array();
  for (const sync::SearchHit& hit : hits) array.push_back(ToJson(hit, explain));
  return array;
}

ordered_json ToJson(const sync::Status& status) {
  return {{"tree", status.tree},
          {"db", status.db},
          {"files", status.files},
          {"chunks", status.chunks},
          {"pending", status.freshness.pending},
          {"failed", status.failed},
          {"stale", status.freshness.stale},
          {"table", status.table},
          {"version", status.version},
          {"versions", status.versions},
          {"fragments", status.fragments},
          {"bytes_on_disk", status.bytes_on_disk},
          {"live_bytes", status.live_bytes},
          {"index_bytes", status.index_bytes},
          {"model", status.model},
          {"dimension", status.dimension},
          {"endpoint", status.endpoint},
          {"followed", status.followed},
          {"updated", static_cast<double>(status.updated_ns / 1'000'000) / 1000},
          {"health", ToJson(status.health)},
          {"source_bytes", status.source_bytes},
          {"max_bytes", status.max_bytes},
          {"max_versions", status.limits.max_versions},
          {"min_free_disk", status.limits.min_free_disk}};
}

ordered_json ToJson(const sync::UpdateReport& report) {
  ordered_json reasons = ordered_json::array();
  for (const sync::FileReason& reason : report.reasons)
    reasons.push_back({{"path", reason.path}, {"what", reason.what}, {"why", reason.why}});
  return {{"files", report.files},
          {"files_new", report.files_new},
          {"files_changed", report.files_changed},
          {"files_gone", report.files_gone},
          {"files_failed", report.files_failed},
          {"chunks_written", report.chunks_written},
          {"vectors_embedded", report.vectors_embedded},
          {"vectors_reused", report.vectors_reused},
          {"vectors_resumed", report.vectors_resumed},
          {"tokens", report.tokens},
          {"padded_tokens", report.padded_tokens},
          {"seconds", report.seconds},
          {"embed_seconds", report.embed_seconds},
          {"commits", report.commits},
          {"version", report.version},
          {"reasons", std::move(reasons)}};
}

std::string FreshnessText(const sync::Freshness& freshness) {
  const auto files = [](uint64_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
  };
  std::string text;
  if (freshness.stale > 0) text = files(freshness.stale, "file changed", "files changed") + " since the last index run";
  if (freshness.pending > 0) {
    if (!text.empty()) text += ", ";
    text += files(freshness.pending, "file is not indexed yet", "files are not indexed yet");
  }
  return text;
}

}  // namespace squire::serve
