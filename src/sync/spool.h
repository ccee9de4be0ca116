#pragma once

/// Vectors that were made and are not committed yet, in a file beside the table: what was embedded before an
/// interruption is not embedded again. Emptied by the commit. Belongs to one thread, under the write lock.
///
/// File: "SQSPOOL1", u32 dimension, u32 0, 16 bytes hash of the model's fingerprint; then records: 16 bytes content
/// hash, dimension float32, u32 checksum of both. A torn tail is cut off.

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "io/scratch_file.h"
#include "sync/hash_key.h"

namespace squire::sync {

class Spool {
 public:
  /// Opens `path` for vectors of this model; a file of another model or without sense is emptied.
  static Result<Spool> Open(const std::string& path, std::string_view fingerprint, uint32_t dimension);

  [[nodiscard]] size_t size() const { return places_.size(); }
  /// Whether an earlier run left a vector of `key`.
  [[nodiscard]] bool IsLeftOver(const HashKey& key) const {
    const auto place = places_.find(key);
    return place != places_.end() && place->second < left_over_end_;
  }
  /// Reads the vector of `key`; false when there is none.
  Result<bool> Read(const HashKey& key, std::span<float> out) const;
  /// Adds vectors, row by row, for `keys`.
  Result<void> Add(std::span<const HashKey> keys, std::span<const float> vectors);
  /// Forgets all: they are in the table now.
  Result<void> Empty();

 private:
  Spool(ScratchFile file, uint32_t dimension) : file_(std::move(file)), dimension_(dimension) {}
  Result<void> Load(std::string_view header);
  [[nodiscard]] size_t record_bytes() const { return sizeof(HashKey) + size_t{dimension_} * sizeof(float) + 4; }

  ScratchFile file_;
  uint32_t dimension_;
  uint64_t end_ = 0;
  uint64_t left_over_end_ = 0;  // records before it are an earlier run's
  std::unordered_map<HashKey, uint64_t, HashKeyHasher> places_;
};

}  // namespace squire::sync
