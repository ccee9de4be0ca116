#include "sync/config.h"

#include <nlohmann/json.hpp>

#include "base/try.h"
#include "io/file_system.h"

namespace squire::sync {
namespace {

std::string PathOf(const Location& location) { return location.db + "/config.json"; }

constexpr uint64_t kConfigBytesMax = 1 << 20;

}  // namespace

Result<TreeOptions> LoadTreeOptions(const Location& location) {
  const auto bytes = ReadWholeFile(PosixFileSystem(), PathOf(location), kConfigBytesMax);
  if (!bytes && bytes.error().code == Code::kNotFound) return TreeOptions();
  if (!bytes) return bytes.error();
  return ParseTreeOptions(*bytes, PathOf(location));
}

Result<TreeOptions> ParseTreeOptions(Bytes bytes, const std::string& path) {
  TreeOptions options;
  const auto json = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  const auto strings = [&](const char* key, std::vector<std::string>& out) {
    if (!json.contains(key)) return true;
    if (!json[key].is_array()) return false;
    for (const auto& value : json[key]) {
      if (!value.is_string()) return false;
      out.push_back(value.get<std::string>());
    }
    return true;
  };
  const bool good = json.is_object() && strings("include", options.include) && strings("exclude", options.exclude) &&
                    (!json.contains("file_bytes_max") || json["file_bytes_max"].is_number_unsigned()) &&
                    (!json.contains("secrets") || json["secrets"].is_boolean());
  if (!good) return Corruption("the index's options do not parse; mend or remove the file", path);
  options.file_bytes_max = json.value("file_bytes_max", uint64_t{0});
  options.secrets = json.value("secrets", false);
  return options;
}

Result<void> SaveTreeOptions(const Location& location, const TreeOptions& options) {
  const nlohmann::json json = {{"include", options.include},
                               {"exclude", options.exclude},
                               {"file_bytes_max", options.file_bytes_max},
                               {"secrets", options.secrets}};
  return PosixFileSystem().Replace(PathOf(location),
                                   AsBytes(json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
}

}  // namespace squire::sync
