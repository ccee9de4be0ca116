#include "sync/limits.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/try.h"
#include "io/file_system.h"

namespace squire::sync {
namespace {

constexpr uint64_t kFileBytesMax = 1 << 16;
constexpr double kBytesMax = 9e18;  // fits 64 bits

std::string PathOf(const Location& location) { return location.db + "/limits.json"; }

}  // namespace

Result<IndexLimits> LoadLimits(const Location& location) {
  const auto bytes = ReadWholeFile(PosixFileSystem(), PathOf(location), kFileBytesMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return IndexLimits();
  if (!bytes) return bytes.error();
  return ParseLimits(*bytes, PathOf(location));
}

Result<IndexLimits> ParseLimits(Bytes bytes, const std::string& path) {
  IndexLimits limits;
  const auto json = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  bool good = json.is_object();
  const auto count = [&](const char* key, uint64_t& out) {
    if (!good || !json.contains(key)) return;
    good = json[key].is_number_unsigned();
    if (good) out = json[key].get<uint64_t>();
  };
  const auto factor = [&](const char* key, double& out) {
    if (!good || !json.contains(key)) return;
    good = json[key].is_number() && json[key].get<double>() >= 0;
    if (good) out = json[key].get<double>();
  };
  count("max_bytes", limits.max_bytes);
  factor("max_bytes_per_live", limits.max_bytes_per_live);
  factor("max_bytes_per_source", limits.max_bytes_per_source);
  count("max_versions", limits.max_versions);
  count("min_free_disk", limits.min_free_disk);
  if (!good) return Corruption("the index's limits do not parse; mend or remove the file", path);
  return limits;
}

Result<void> SaveLimits(const Location& location, const IndexLimits& limits) {
  const nlohmann::json json = {{"max_bytes", limits.max_bytes},
                               {"max_bytes_per_live", limits.max_bytes_per_live},
                               {"max_bytes_per_source", limits.max_bytes_per_source},
                               {"max_versions", limits.max_versions},
                               {"min_free_disk", limits.min_free_disk}};
  return PosixFileSystem().Replace(PathOf(location), AsBytes(json.dump(2) + "\n"));
}

TableLimits LimitsOf(const IndexLimits& limits, uint64_t source_bytes) {
  TableLimits out{limits.max_bytes, limits.max_bytes_per_live, limits.max_versions, limits.min_free_disk};
  if (limits.max_bytes_per_source > 0 && source_bytes > 0) {
    const double bytes = std::min(limits.max_bytes_per_source * static_cast<double>(source_bytes), kBytesMax);
    const uint64_t by_source = std::max(kMultipleBytesMin, static_cast<uint64_t>(bytes));
    out.max_bytes = out.max_bytes == 0 ? by_source : std::min(out.max_bytes, by_source);
  }
  return out;
}

}  // namespace squire::sync
