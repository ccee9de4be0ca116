#include "sync/spool.h"

#include <xxhash.h>

#include <vector>

#include "base/bytes.h"

namespace squire::sync {
namespace {

constexpr size_t kHeaderBytes = 32;

std::string HeaderOf(std::string_view fingerprint, uint32_t dimension) {
  std::string header = "SQSPOOL1";
  Put<uint32_t>(header, dimension);
  Put<uint32_t>(header, 0);
  Put(header, XXH3_128bits(fingerprint.data(), fingerprint.size()));
  return header;
}

uint32_t Checksum(Bytes bytes) { return static_cast<uint32_t>(XXH3_64bits(bytes.data(), bytes.size())); }

}  // namespace

Result<Spool> Spool::Open(const std::string& path, std::string_view fingerprint, uint32_t dimension) {
  Spool spool(TRY(ScratchFile::Open(path)), dimension);
  TRY(spool.Load(HeaderOf(fingerprint, dimension)));
  return spool;
}

Result<void> Spool::Load(std::string_view header) {
  uint8_t found[kHeaderBytes];
  end_ = kHeaderBytes;
  if (TRY(file_.ReadAt(0, found)) < kHeaderBytes || AsText(found) != header) {
    TRY(file_.Truncate(0));
    return file_.WriteAt(0, AsBytes(header));
  }
  std::vector<uint8_t> record(record_bytes());
  while (TRY(file_.ReadAt(end_, record)) == record.size()) {
    const size_t body = record.size() - 4;
    if (squire::Load<uint32_t>(record.data() + body) != Checksum(Bytes(record).first(body))) break;
    places_[squire::Load<HashKey>(record.data())] = end_;
    end_ += record.size();
  }
  left_over_end_ = end_;
  return file_.Truncate(end_);
}

Result<bool> Spool::Read(const HashKey& key, std::span<float> out) const {
  const auto place = places_.find(key);
  if (place == places_.end()) return false;
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(out.data()), out.size_bytes());
  return TRY(file_.ReadAt(place->second + sizeof(HashKey), bytes)) == bytes.size();
}

Result<void> Spool::Add(std::span<const HashKey> keys, std::span<const float> vectors) {
  std::vector<uint8_t> bytes;
  bytes.reserve(keys.size() * record_bytes());
  for (size_t i = 0; i < keys.size(); i++) {
    const size_t start = bytes.size();
    Put(bytes, keys[i]);
    const auto* raw = reinterpret_cast<const uint8_t*>(vectors.data() + i * dimension_);
    bytes.insert(bytes.end(), raw, raw + size_t{dimension_} * sizeof(float));
    Put<uint32_t>(bytes, Checksum(Bytes(bytes).subspan(start)));
  }
  TRY(file_.WriteAt(end_, bytes));
  for (size_t i = 0; i < keys.size(); i++) places_[keys[i]] = end_ + i * record_bytes();
  end_ += bytes.size();
  return {};
}

Result<void> Spool::Empty() {
  TRY(file_.Truncate(kHeaderBytes));
  end_ = left_over_end_ = kHeaderBytes;
  places_.clear();
  return {};
}

}  // namespace squire::sync
