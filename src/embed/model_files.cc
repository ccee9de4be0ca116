#include "embed/model_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "embed/half.h"

namespace squire::embed {
namespace fs = std::filesystem;

fs::path BesideExecutable(const fs::path& name) {
  std::error_code failed;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  return failed ? name : executable.parent_path().parent_path() / name;
}

std::vector<fs::path> CacheFolders(const fs::path& model_dir) {
  std::vector<fs::path> out = {model_dir / "cache"};
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && cache[0] == '/') {
    out.push_back(fs::path(cache) / "squire" / "model");
  } else if (home != nullptr && home[0] == '/') {
    out.push_back(fs::path(home) / ".cache" / "squire" / "model");
  }
  return out;
}

Result<std::string> ReadSmallFile(const fs::path& path, size_t limit) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FromErrno(errno, "cannot open a file of the model", path.string());
  struct stat status {};
  std::string out;
  int failed = ::fstat(file, &status) == 0 ? 0 : errno;
  const bool fits = S_ISREG(status.st_mode) && static_cast<uint64_t>(status.st_size) <= limit;
  if (failed == 0 && fits) out.resize(static_cast<size_t>(status.st_size));
  for (size_t at = 0; at < out.size() && failed == 0;) {
    const ssize_t got = ::read(file, out.data() + at, out.size() - at);
    if (got == 0) out.resize(at);
    if (got > 0) at += static_cast<size_t>(got);
    if (got < 0 && errno != EINTR) failed = errno;
  }
  ::close(file);
  if (failed != 0) return FromErrno(failed, "cannot read a file of the model", path.string());
  if (!fits) return Corruption("not a file of at most " + std::to_string(limit) + " bytes", path.string());
  return out;
}

Result<ModelDescription> ModelDescription::Read(const fs::path& model_dir) {
  const fs::path path = model_dir / "model.json";
  auto text = ReadSmallFile(path, 64 << 10);
  if (!text) {
    return NotFound("no local model here; set SQUIRE_MODEL_DIR, or name an endpoint to embed with", path.string());
  }
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto number = [&](const char* key, uint32_t limit) -> uint32_t {
    if (!json.is_object() || !json.contains(key) || !json[key].is_number_unsigned()) return 0;
    const auto value = json[key].get<uint64_t>();
    return value <= limit ? static_cast<uint32_t>(value) : 0;
  };
  const auto string = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                                           : std::string();
  };
  ModelDescription out;
  out.name = string("name");
  out.weights_sha256 = string("weights_sha256");
  out.dimension = number("dimension", 65536);
  out.vocabulary = number("vocabulary", 65536);
  out.max_tokens = number("max_tokens", kMaxTokens);
  if (out.name.empty() || out.weights_sha256.size() != 64 || out.dimension == 0 || out.vocabulary == 0 ||
      out.max_tokens < 2) {
    return Corruption("the model's description lacks a field or has a wrong one", path.string());
  }
  return out;
}

Result<EmbeddingTables> EmbeddingTables::Open(const fs::path& model_dir, const ModelDescription& model) {
  const std::string path = (model_dir / "tables.bin").string();
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FromErrno(errno, "cannot open the model's tables", path);
  struct stat status {};
  const size_t want =
      size_t{model.dimension} * (model.vocabulary * sizeof(uint16_t) + model.max_tokens * sizeof(float));
  const bool right = ::fstat(file, &status) == 0 && static_cast<size_t>(status.st_size) == want;
  void* map = right ? ::mmap(nullptr, want, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  const int failed = errno;
  ::close(file);
  if (!right) return Corruption("the model's tables are not of the size that model.json tells", path);
  if (map == MAP_FAILED) return FromErrno(failed, "cannot map the model's tables", path);
  ::madvise(map, want, MADV_RANDOM);
  return EmbeddingTables(Bytes(static_cast<const uint8_t*>(map), want), model);
}

EmbeddingTables::EmbeddingTables(EmbeddingTables&& other) noexcept
    : map_(std::exchange(other.map_, {})), dimension_(other.dimension_), vocabulary_(other.vocabulary_) {}

EmbeddingTables::~EmbeddingTables() {
  if (!map_.empty()) ::munmap(const_cast<uint8_t*>(map_.data()), map_.size());
}

void EmbeddingTables::Embed(std::span<const uint32_t> ids, float* out) const {
  const uint8_t* position = map_.data() + vocabulary_ * dimension_ * sizeof(uint16_t);
  for (const uint32_t id : ids) {
    const uint8_t* word = map_.data() + id * dimension_ * sizeof(uint16_t);
    for (size_t i = 0; i < dimension_; ++i) {
      out[i] = HalfToFloat(Load<uint16_t>(word + i * sizeof(uint16_t))) + Load<float>(position + i * sizeof(float));
    }
    position += dimension_ * sizeof(float);
    out += dimension_;
  }
}

}  // namespace squire::embed
