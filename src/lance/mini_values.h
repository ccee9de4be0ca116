#pragma once

/// Values of mini-block chunks, one compression a branch; collects chunk after chunk into one array.

#include <span>
#include <vector>

#include "base/bytes.h"
#include "lance/proto/encodings21.pb.h"
#include "squire/array.h"

namespace squire::lance {

class MiniValues {
 public:
  MiniValues(const pb21::CompressiveEncoding& encoding, const DataType& type) : encoding_(encoding), type_(type) {}

  /// Decodes one chunk of `num_rows` values. ERRORS: Corruption, Unsupported compressions by name.
  Result<void> Append(std::span<const Bytes> buffers, int64_t num_rows);

  /// The array of all rows; `validity` has one byte a row (1 = valid) or is empty.
  Result<Array> Finish(std::vector<uint8_t> validity);

 private:
  Result<void> AppendFlat(Bytes values, uint64_t bits, int64_t num_rows);
  Result<void> AppendVariable(Bytes values, uint64_t offset_bits, int64_t num_rows);

  const pb21::CompressiveEncoding& encoding_;
  const DataType& type_;
  int64_t num_rows_ = 0;
  std::vector<uint8_t> values_;      // fixed width, or text bytes
  std::vector<int64_t> offsets_{0};  // of texts
};

}  // namespace squire::lance
