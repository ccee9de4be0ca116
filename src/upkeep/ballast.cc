#include "upkeep/ballast.h"

#include <algorithm>

#include "upkeep/health.h"

namespace squire::upkeep {
namespace {

constexpr uint64_t kBytesMin = 1 << 20, kBytesMax = 16 << 20;
constexpr uint64_t kLiveShare = 8;
constexpr uint64_t kFreeFactor = 4;      // so that taking it back does not fill the disk again
constexpr uint64_t kOutgrownFactor = 4;  // one that is remade with every growth would be remade all the time

Result<uint64_t> SizeNow(FileSystem& fs, const std::string& path) {
  const auto found = fs.Stat(path);
  if (found) return found->size_bytes;
  if (found.error().code == Code::kNotFound) return uint64_t{0};
  return found.error();
}

}  // namespace

std::string BallastPath(const std::string& root) { return JoinPath(OwnFolder(root), "ballast"); }

uint64_t BallastBytesFor(uint64_t live_bytes) { return std::clamp(live_bytes / kLiveShare, kBytesMin, kBytesMax); }

Result<uint64_t> EnsureBallast(FileSystem& fs, const std::string& root, uint64_t live_bytes, uint64_t min_free_bytes) {
  const std::string path = BallastPath(root);
  const uint64_t now = TRY(SizeNow(fs, path)), free = TRY(fs.FreeBytes(root));
  const uint64_t wanted = std::min(BallastBytesFor(live_bytes), std::max(kBytesMin, free / kFreeFactor));
  if (now >= std::max(kBytesMin, wanted / kOutgrownFactor)) return now;
  const uint64_t needed = kFreeFactor * wanted;
  if (free < needed || free - needed < min_free_bytes) return now;
  if (now > 0) TRY(fs.Remove(path));
  TRY(fs.CreateFolders(OwnFolder(root)));
  auto reserved = fs.Reserve(path, wanted);
  // Another process may have made it meanwhile.
  if (!reserved && reserved.error().code != Code::kAlreadyExists) return std::move(reserved.error());
  return wanted;
}

Result<uint64_t> ReleaseBallast(FileSystem& fs, const std::string& root) {
  const std::string path = BallastPath(root);
  const uint64_t now = TRY(SizeNow(fs, path));
  auto removed = fs.Remove(path);
  if (!removed && removed.error().code != Code::kNotFound) return std::move(removed.error());
  return now;
}

}  // namespace squire::upkeep
