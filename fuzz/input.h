#pragma once

/// What every fuzz target is made of: pieces cut from the input, and a way to say that something must not be.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "io/memory.h"
#include "squire/array.h"

namespace squire::fuzz {

/// Cuts the input front to back; past its end all is 0 or empty.
class Input {
 public:
  Input(const uint8_t* data, size_t size_bytes) : bytes_(data, size_bytes) {}
  uint8_t TakeByte() { return static_cast<uint8_t>(TakeNumber(1)); }
  uint16_t TakeU16() { return static_cast<uint16_t>(TakeNumber(2)); }
  uint32_t TakeU32() { return static_cast<uint32_t>(TakeNumber(4)); }
  Bytes Take(size_t count) {
    const Bytes out = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(out.size());
    return out;
  }
  Bytes Rest() { return Take(bytes_.size()); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  uint64_t TakeNumber(size_t size_bytes) {
    const Bytes bytes = Take(size_bytes);
    uint64_t value = 0;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  Bytes bytes_;
};

/// Ends the run as a finding unless `holds`.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this must hold: %s\n", what);
  std::abort();
}

/// Creates `path` with `bytes`.
inline void PutFile(FileSystem& fs, const std::string& path, Bytes bytes) {
  auto file = fs.Create(path);
  Require(file && (*file)->Append(bytes) && (*file)->Close(), "a file in memory is written");
}

/// Types that columns may claim to be of.
std::vector<DataType> ColumnTypes();

/// Reads every value, so that a buffer that is too short is touched.
void Touch(const Array& array);

}  // namespace squire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
