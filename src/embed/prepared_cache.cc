#include "embed/prepared_cache.h"

#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "embed/model_files.h"
#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

namespace squire::embed {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxBlobBytes = 256 << 20;
constexpr const char* kSumFile = "sum";

std::string Hex(uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[value >> shift & 15]);
  return out;
}

/// The checksum of the one blob in `folder`; nothing when there is not just one.
std::optional<std::string> SumOf(const fs::path& folder) {
  std::optional<std::string> out;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() != ".blob") continue;
    const auto bytes = ReadSmallFile(it->path(), kMaxBlobBytes);
    if (!bytes || out) return std::nullopt;
    out = Hex(XXH3_64bits(bytes->data(), bytes->size()));
  }
  return failed ? std::nullopt : out;
}

}  // namespace

std::string CpuIdentity() {
  std::string out;
#if defined(__x86_64__)
  // Leaf 1: family and model, SSE and AVX; leaf 7: AVX2, AVX-512, VNNI, AMX; what the operating system saves.
  for (const auto& [leaf, sub] : {std::pair{1U, 0U}, std::pair{7U, 0U}, std::pair{7U, 1U}}) {
    unsigned a = 0, b = 0, c = 0, d = 0;
    __get_cpuid_count(leaf, sub, &a, &b, &c, &d);
    if (leaf == 1) b = 0;  // holds the number of the core that asks
    out += Hex(uint64_t{a} << 32 | b) + Hex(uint64_t{c} << 32 | d);
  }
#else
  out = Hex(getauxval(AT_HWCAP)) + Hex(getauxval(AT_HWCAP2));
#endif
  return out;
}

PreparedCache::PreparedCache(std::vector<fs::path> folders, const std::string& key)
    : folders_(std::move(folders)), id_(XXH3_64bits(key.data(), key.size())), name_(Hex(id_)) {}

std::optional<fs::path> PreparedCache::Find() const {
  for (const fs::path& folder : folders_) {
    const fs::path candidate = folder / name_;
    const auto written = ReadSmallFile(candidate / kSumFile, 64);
    if (written && SumOf(candidate) == *written) return candidate;
  }
  return std::nullopt;
}

std::optional<fs::path> PreparedCache::Begin() {
  for (const fs::path& folder : folders_) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    std::string fresh = (folder / ("new-" + name_ + "-XXXXXX")).string();
    if (::mkdtemp(fresh.data()) == nullptr) continue;
    ::chmod(fresh.c_str(), 0755);
    begun_ = fresh;
    return begun_;
  }
  return std::nullopt;
}

void PreparedCache::Publish() {
  if (begun_.empty()) return;
  const auto sum = SumOf(begun_);
  std::ofstream file(begun_ / kSumFile, std::ios::binary);
  file << sum.value_or("");
  file.close();
  if (!sum || !file) return Discard();
  std::error_code failed;
  for (fs::directory_iterator it(begun_, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code ignored;  // what was prepared at set-up is for every user of the machine
    fs::permissions(it->path(),
                    fs::perms::owner_write | fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read,
                    ignored);
  }
  const fs::path target = begun_.parent_path() / name_;
  fs::rename(begun_, target, failed);
  if (failed && SumOf(target) != sum) {  // a broken one is in the way; another process may have put a whole one there
    fs::remove_all(target, failed);
    fs::rename(begun_, target, failed);
  }
  if (failed) Discard();
  begun_.clear();
}

void PreparedCache::Discard() {
  if (!begun_.empty()) Remove(begun_);
  begun_.clear();
}

void PreparedCache::Remove(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace squire::embed
