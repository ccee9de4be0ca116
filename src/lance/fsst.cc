#include "lance/fsst.h"

#include <algorithm>

namespace squire::lance {
namespace {
constexpr uint8_t kEscape = 255;  // the next byte stands for itself
constexpr std::string_view kTag = "TSSF";
}  // namespace

Result<FsstDecoder> FsstDecoder::Parse(Bytes symbol_table) {
  // u8 symbols, u8 terminator, u8 suffix limit, u8 encoder switch, "TSSF", symbols x 8 bytes, symbols x u8 sizes
  ByteReader reader(symbol_table, "FSST symbol table");
  const auto count = TRY(reader.Read<uint8_t>());
  (void)TRY(reader.Take(2));
  FsstDecoder decoder;
  decoder.is_plain_ = TRY(reader.Read<uint8_t>()) == 0;
  if (AsText(TRY(reader.Take(4))) != kTag) return Corruption("an FSST symbol table without its tag");
  if (decoder.is_plain_) return decoder;
  const Bytes bytes = TRY(reader.Take(size_t{count} * 8));
  const Bytes sizes = TRY(reader.Take(count));
  for (size_t i = 0; i < count; i++) {
    if (sizes[i] < 1 || sizes[i] > 8) return Corruption("an FSST symbol of " + std::to_string(sizes[i]) + " bytes");
    decoder.symbols_[i] = Load<uint64_t>(bytes.data() + i * 8);
    decoder.sizes_[i] = sizes[i];
  }
  return decoder;
}

Result<void> FsstDecoder::Decode(Bytes codes, std::vector<uint8_t>& out) const {
  if (is_plain_) {
    out.insert(out.end(), codes.begin(), codes.end());
    return {};
  }
  constexpr size_t kBlock = 512;  // codes at a time: each symbol is stored as 8 bytes, the next overwrites what is over
  uint8_t text[kBlock * 8 + 8];
  for (size_t i = 0; i < codes.size();) {
    size_t end = 0;
    for (const size_t stop = std::min(codes.size(), i + kBlock); i < stop; i++) {
      const uint8_t code = codes[i];
      if (code != kEscape) {
        if (sizes_[code] == 0) return Corruption("an FSST code without a symbol");
        Store(text + end, symbols_[code]);
        end += sizes_[code];
        continue;
      }
      if (++i == codes.size()) return Corruption("an FSST text ends in an escape");
      text[end++] = codes[i];
    }
    out.insert(out.end(), text, text + end);
  }
  return {};
}

}  // namespace squire::lance
