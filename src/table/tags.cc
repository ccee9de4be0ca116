#include "table/tags.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "io/durable.h"

namespace squire::table {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr uint64_t kTagBytesMax = 1 << 20;

/// What every client takes for the name of a tag, and no file system for more than a name.
Result<void> CheckName(const std::string& name) {
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("._-", c); };
  if (name.empty() || name.size() > 200 || name.front() == '.' || name.back() == '.' ||
      name.find("..") != std::string::npos || name.ends_with(".lock") || !std::ranges::all_of(name, is_plain))
    return InvalidArgument("'" + name + "' is no name of a tag: letters, digits, '.', '-' and '_' are");
  return {};
}

std::string PathOf(const Paths& paths, const std::string& name) {
  return JoinPath(paths.Tags(), name + std::string(kSuffix));
}

std::string Date() {
  const int64_t now = NowNs();
  const std::time_t seconds = now / 1'000'000'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  const size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  std::string fraction = std::to_string(now % 1'000'000'000);
  return std::string(text, size) + "." + std::string(9 - fraction.size(), '0') + fraction + "Z";
}

/// Size of the manifest of a version, which a tag tells. ERRORS: NotFound.
Result<uint64_t> ManifestSize(FileSystem& fs, const Paths& paths, uint64_t version) {
  for (const VersionFile& file : TRY(ListVersions(fs, paths)))
    if (file.version == version) return file.file.size_bytes;
  return NotFound("version " + std::to_string(version) + " is not there (any more)", paths.root);
}

Result<nlohmann::json> ReadTag(FileSystem& fs, const std::string& path) {
  const auto bytes = TRY(ReadWholeFile(fs, path, kTagBytesMax));
  auto tag = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (!tag.is_object() || !tag.contains("version") || !tag["version"].is_number_unsigned())
    return Corruption("a tag does not say which version it holds", path);
  return tag;
}

}  // namespace

Result<std::vector<Tag>> ListTags(FileSystem& fs, const Paths& paths) {
  std::vector<Tag> tags;
  auto listed = fs.List(paths.Tags());
  if (!listed) {
    if (listed.error().code == Code::kNotFound) return tags;
    return std::move(listed.error());
  }
  for (const FileInfo& file : *listed) {
    if (!file.name.ends_with(kSuffix)) continue;
    const auto json = TRY(ReadTag(fs, JoinPath(paths.Tags(), file.name)));
    Tag tag{file.name.substr(0, file.name.size() - kSuffix.size()), json["version"].get<uint64_t>(), {}};
    if (json.contains("branch") && json["branch"].is_string()) tag.branch = json["branch"].get<std::string>();
    tags.push_back(std::move(tag));
  }
  std::ranges::sort(tags, {}, &Tag::name);
  return tags;
}

Result<void> CreateTag(FileSystem& fs, const Paths& paths, const std::string& name, uint64_t version,
                       std::string_view mark) {
  TRY(CheckName(name));
  const uint64_t size = TRY(ManifestSize(fs, paths, version));
  const std::string date = Date();
  const nlohmann::json tag = {{"branch", nullptr}, {"version", version},   {"createdAt", date},
                              {"updatedAt", date}, {"manifestSize", size}, {"metadata", nlohmann::json::object()}};
  TRY(CreateFoldersDurable(fs, std::vector{paths.Tags()}));
  return fs.PublishIfAbsent(PathOf(paths, name), AsBytes(tag.dump(2)), mark);
}

Result<void> UpdateTag(FileSystem& fs, const Paths& paths, const std::string& name, uint64_t version,
                       std::string_view mark) {
  TRY(CheckName(name));
  const uint64_t size = TRY(ManifestSize(fs, paths, version));
  auto tag = TRY(ReadTag(fs, PathOf(paths, name)));
  tag["version"] = version;
  tag["manifestSize"] = size;
  tag["updatedAt"] = Date();
  tag["branch"] = nullptr;
  return ReplaceDurable(fs, PathOf(paths, name), AsBytes(tag.dump(2)), mark);
}

Result<void> DeleteTag(FileSystem& fs, const Paths& paths, const std::string& name) {
  TRY(CheckName(name));
  return RemoveDurable(fs, PathOf(paths, name));
}

}  // namespace squire::table
