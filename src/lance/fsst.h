#pragma once

/// FSST, decoding side: text as one-byte codes for up to 255 symbols of up to 8 bytes.
/// Source: Boncz, Neumann, Leis, "FSST: Fast Random Access String Compression", VLDB 2020; the symbol table's layout as
/// in docs/lance_format.md.

#include <array>
#include <vector>

#include "lance/grow_buffer.h"

namespace squire::lance {

class FsstDecoder {
 public:
  /// ERRORS: Corruption.
  static Result<FsstDecoder> Parse(Bytes symbol_table);
  /// Appends the text of `codes` to `out`. ERRORS: Corruption for a code without a symbol or a cut escape.
  Result<void> Decode(Bytes codes, GrowBuffer& out) const;

 private:
  std::array<uint64_t, 256> symbols_{};  // up to 8 bytes each, the first lowest
  std::array<uint8_t, 256> sizes_{};     // 0: no such symbol
  bool is_plain_ = false;                // the encoder left the text as it was
};

}  // namespace squire::lance
