#include "lance/fsst.h"

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
    std::memcpy(decoder.symbols_[i].bytes.data(), bytes.data() + i * 8, 8);
    decoder.symbols_[i].size_bytes = sizes[i];
  }
  return decoder;
}

Result<void> FsstDecoder::Decode(Bytes codes, std::vector<uint8_t>& out) const {
  if (is_plain_) {
    out.insert(out.end(), codes.begin(), codes.end());
    return {};
  }
  for (size_t i = 0; i < codes.size(); i++) {
    if (codes[i] == kEscape) {
      if (++i == codes.size()) return Corruption("an FSST text ends in an escape");
      out.push_back(codes[i]);
      continue;
    }
    const Symbol& symbol = symbols_[codes[i]];
    if (symbol.size_bytes == 0) return Corruption("an FSST code without a symbol");
    out.insert(out.end(), symbol.bytes.begin(), symbol.bytes.begin() + symbol.size_bytes);
  }
  return {};
}

}  // namespace squire::lance
