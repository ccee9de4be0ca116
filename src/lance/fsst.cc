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
    decoder.symbols_[i] = Load<uint64_t>(bytes.data() + i * 8);
    decoder.sizes_[i] = sizes[i];
  }
  return decoder;
}

Result<void> FsstDecoder::Decode(Bytes codes, GrowBuffer& out) const {
  if (is_plain_) {
    out.Append(codes);
    return {};
  }
  // Each symbol is stored as 8 bytes; the next one overwrites what is over.
  uint8_t* const begin = out.Room(codes.size() * 8 + 8);
  uint8_t* end = begin;
  uint32_t known = 1;  // 0 once a code without a symbol was met
  const auto put = [&](uint8_t code) {
    Store(end, symbols_[code]);
    end += sizes_[code];
    known &= static_cast<uint32_t>(sizes_[code] != 0);
  };
  for (size_t i = 0; i < codes.size();) {
    // Four codes at a time while none of them is an escape: no byte of them is 255.
    if (codes.size() - i >= 4) {
      const auto four = Load<uint32_t>(codes.data() + i);
      if ((((four & 0x7f7f7f7fu) + 0x01010101u) & four & 0x80808080u) == 0) {
        for (size_t k = 0; k < 4; k++) put(static_cast<uint8_t>(four >> (8 * k)));
        i += 4;
        continue;
      }
    }
    if (codes[i] != kEscape) {
      put(codes[i++]);
      continue;
    }
    if (++i == codes.size()) return Corruption("an FSST text ends in an escape");
    *end++ = codes[i++];
  }
  if (known == 0) return Corruption("an FSST code without a symbol");
  out.Commit(static_cast<size_t>(end - begin));
  return {};
}

}  // namespace squire::lance
