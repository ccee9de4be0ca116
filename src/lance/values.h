#pragma once

/// Values as they come out of a compression, before they become an Arrow array: fixed width side by side, or texts.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "lance/grow_buffer.h"
#include "squire/array.h"

namespace squire::lance {

struct Values {
  uint64_t bits = 0;  ///< of one value; 0: texts
  int64_t count = 0;
  GrowBuffer data;                     ///< values, or the texts' bytes; booleans as bits
  std::vector<int64_t> offsets = {0};  ///< of texts: count + 1
  std::vector<uint8_t> item_validity;  ///< of fixed-size lists: a byte an item, or empty when none is null

  [[nodiscard]] bool is_text() const { return bits == 0; }
  /// Value `at` as an unsigned number. REQUIRES: bits is 8, 16, 32 or 64.
  [[nodiscard]] uint64_t Number(int64_t at) const {
    const uint8_t* from = data.data() + static_cast<uint64_t>(at) * (bits / 8);
    switch (bits) {
      case 8: return *from;
      case 16: return Load<uint16_t>(from);
      case 32: return Load<uint32_t>(from);
      default: return Load<uint64_t>(from);
    }
  }
  [[nodiscard]] Bytes Text(int64_t at) const {
    const auto row = static_cast<size_t>(at);
    return data.span().subspan(static_cast<size_t>(offsets[row]), static_cast<size_t>(offsets[row + 1] - offsets[row]));
  }
  void AppendText(Bytes text) {
    data.Append(text);
    EndText();
  }
  /// What was added to `data` since the last text is one more.
  void EndText() {
    offsets.push_back(static_cast<int64_t>(data.size()));
    count++;
  }
};

/// `dictionary`'s values at `indices`. ERRORS: Corruption for an index beyond its end.
Result<Values> Gather(const Values& dictionary, const Values& indices);

/// The values as an array of `type`; `validity` has one byte a row (1 = valid) or is empty.
/// ERRORS: Corruption when the values' width is not the type's; OverBudget beyond 32-bit offsets.
Result<Array> ToArray(Values values, const DataType& type, std::span<const uint8_t> validity);

}  // namespace squire::lance
