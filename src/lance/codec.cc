#include "lance/codec.h"

#include <lz4.h>
#include <zstd.h>

#include "lance/fsst.h"
#include "simd/bitpack.h"

namespace squire::lance {
namespace {

using Encoding = pb21::CompressiveEncoding;

constexpr uint64_t kRawBytesMax = 1u << 30;  // of one decompressed buffer
constexpr uint64_t kZstdBlockBytesMin = 4;   // a run of one byte: header and byte
constexpr uint64_t kCountMax = 1ull << 31;   // values of one block
constexpr int kWrappersMax = 4;              // compressions around one another

bool IsWholeBytes(uint64_t bits) { return bits > 0 && bits % 8 == 0 && bits <= (1u << 24); }

Result<void> SameWidth(Values& out, uint64_t bits) {
  if (out.count == 0 && out.data.empty()) out.bits = bits;
  if (out.bits != bits) return Corruption("chunks of one page differ in the width of their values");
  return {};
}

/// Refuses more than kRawBytesMax of values before memory is asked for. Overflows nothing: bits <= 2^24.
Result<void> CheckSize(uint64_t bits, uint64_t count) {
  if (count <= kCountMax && bits * count <= 8 * kRawBytesMax) return {};
  return Corruption(std::to_string(count) + " values of " + std::to_string(bits) + " bits are over 1 GiB");
}

Result<void> AppendFlat(Bytes bytes, uint64_t bits, uint64_t count, Values& out) {
  if (bits != 1 && !IsWholeBytes(bits)) return Corruption("flat values of " + std::to_string(bits) + " bits");
  TRY(CheckSize(bits, count));
  TRY(SameWidth(out, bits));
  const uint64_t size = CeilDiv(bits * count, 8);
  if (bytes.size() < size) return Corruption("flat values end too early");
  if (bits == 1 && out.count % 8 != 0) return Corruption("a chunk of bits begins within a byte");
  out.data.Append(bytes.first(size));
  out.count += static_cast<int64_t>(count);
  return {};
}

/// Unpacks `blocks` of 1024 and keeps `count` values in all.
Result<void> AppendUnpacked(Bytes packed, uint64_t value_bits, uint64_t width, uint64_t count, Values& out) {
  TRY(CheckSize(value_bits, count));
  TRY(SameWidth(out, value_bits));
  const size_t block_bytes = simd::PackedBytes(static_cast<unsigned>(width));
  const size_t value_bytes = value_bits / 8;
  std::vector<uint8_t> block(simd::kPackedValues * value_bytes);
  for (uint64_t done = 0; done < count; done += simd::kPackedValues) {
    if (packed.size() < block_bytes) return Corruption("packed values end too early");
    TRY(simd::Unpack(packed.first(block_bytes), static_cast<unsigned>(value_bits), static_cast<unsigned>(width),
                     block));
    packed = packed.subspan(block_bytes);
    const uint64_t kept = std::min<uint64_t>(simd::kPackedValues, count - done);
    out.data.Append(Bytes(block).first(kept * value_bytes));
  }
  out.count += static_cast<int64_t>(count);
  return {};
}

Result<void> CheckPackable(uint64_t value_bits, uint64_t width) {
  if ((value_bits == 8 || value_bits == 16 || value_bits == 32 || value_bits == 64) && width <= value_bits) return {};
  return Corruption("values of " + std::to_string(value_bits) + " bits packed in " + std::to_string(width));
}

/// One value-sized word says the width; then blocks of 1024.
Result<void> AppendInlinePacked(Bytes bytes, uint64_t value_bits, uint64_t count, Values& out) {
  TRY(CheckPackable(value_bits, 0));
  if (bytes.size() < value_bits / 8) return Corruption("packed values without their width");
  uint64_t width = 0;
  std::memcpy(&width, bytes.data(), value_bits / 8);
  TRY(CheckPackable(value_bits, width));
  return AppendUnpacked(bytes.subspan(value_bits / 8), value_bits, width, count, out);
}

/// Full blocks; what is left is either raw or one more block: its length tells.
Result<Values> DecodeOutOfLinePacked(Bytes bytes, uint64_t value_bits, uint64_t width, uint64_t count) {
  TRY(CheckPackable(value_bits, width));
  Values out;
  const uint64_t full = count / simd::kPackedValues * simd::kPackedValues, rest = count - full;
  TRY(AppendUnpacked(bytes, value_bits, width, full, out));
  if (rest == 0) return out;
  const Bytes tail = bytes.subspan(full / simd::kPackedValues * simd::PackedBytes(static_cast<unsigned>(width)));
  if (tail.size() == rest * value_bits / 8)
    TRY(AppendFlat(tail, value_bits, rest, out));
  else
    TRY(AppendUnpacked(tail, value_bits, width, rest, out));
  return out;
}

Result<void> AppendRuns(const pb21::Rle& rle, Bytes values, Bytes lengths, uint64_t count, Values& out) {
  const uint64_t bits = rle.values().flat().bits_per_value(), length_bits = rle.run_lengths().flat().bits_per_value();
  if (!IsWholeBytes(bits) || length_bits != 8)
    return Unsupported("runs of " + std::to_string(bits) + "-bit values, " + std::to_string(length_bits) +
                       "-bit lengths");
  TRY(SameWidth(out, bits));
  const size_t width = bits / 8;
  uint64_t left = count;
  for (size_t run = 0; left > 0; run++) {
    if (run >= lengths.size() || (run + 1) * width > values.size()) return Corruption("runs end too early");
    if (lengths[run] > left) return Corruption("runs are longer than their chunk");
    const uint8_t* value = values.data() + run * width;
    for (uint8_t i = 0; i < lengths[run]; i++) out.data.Append({value, width});
    left -= lengths[run];
  }
  out.count += static_cast<int64_t>(count);
  return {};
}

/// `count` + 1 offsets at `bytes`, counted from its start plus `base`; `append` gets each text.
template <class Append>
Result<void> ForEachText(Bytes offsets, Bytes bytes, uint64_t offset_bytes, uint64_t count, Append append) {
  if (offset_bytes != 4 && offset_bytes != 8)
    return Corruption("text offsets of " + std::to_string(8 * offset_bytes) + " bits");
  if (offsets.size() / offset_bytes < count + 1) return Corruption("fewer text offsets than texts");
  const auto offset = [&](uint64_t at) -> uint64_t {
    return offset_bytes == 4 ? Load<uint32_t>(offsets.data() + at * 4) : Load<uint64_t>(offsets.data() + at * 8);
  };
  for (uint64_t row = 0; row < count; row++) {
    const uint64_t from = offset(row), to = offset(row + 1);
    if (from > to || to > bytes.size()) return Corruption("text offsets leave their buffer");
    TRY(append(bytes.subspan(from, to - from)));
  }
  return {};
}

/// `count` + 1 offsets and the texts behind them, which follow one another.
template <class Offset>
Result<void> AppendPlainTexts(Bytes bytes, uint64_t count, Values& out) {
  if (bytes.size() / sizeof(Offset) < count + 1) return Corruption("fewer text offsets than texts");
  const auto offset = [&](uint64_t at) {
    return static_cast<int64_t>(Load<Offset>(bytes.data() + at * sizeof(Offset)));
  };
  const int64_t first = offset(0), base = static_cast<int64_t>(out.data.size()) - first;
  if (first < 0 || first > std::ssize(bytes)) return Corruption("text offsets leave their buffer");
  int64_t last = first;
  for (uint64_t row = 1; row <= count; row++) {
    const int64_t end = offset(row);
    if (end < last || end > std::ssize(bytes)) return Corruption("text offsets leave their buffer");
    out.offsets.push_back(base + end);
    last = end;
  }
  out.data.Append(bytes.subspan(static_cast<size_t>(first), static_cast<size_t>(last - first)));
  out.count += static_cast<int64_t>(count);
  return {};
}

/// Texts of a chunk: offsets from the start of the buffer, which holds both. Texts as they are come over as one piece.
Result<void> AppendTexts(Bytes bytes, const pb21::Variable& variable, uint64_t count, Values& out,
                         const FsstDecoder* fsst) {
  if (variable.has_values()) return Unsupported("texts with a compression of their own");
  TRY(SameWidth(out, 0));
  const uint64_t offset_bytes = variable.offsets().flat().bits_per_value() / 8;
  if (count == 0) return {};
  if (fsst == nullptr && offset_bytes == 4) return AppendPlainTexts<uint32_t>(bytes, count, out);
  if (fsst == nullptr && offset_bytes == 8) return AppendPlainTexts<uint64_t>(bytes, count, out);
  return ForEachText(bytes, bytes, offset_bytes, count, [&](Bytes text) -> Result<void> {
    if (fsst == nullptr) {
      out.AppendText(text);
      return {};
    }
    TRY(fsst->Decode(text, out.data));
    out.EndText();
    return {};
  });
}

/// Texts of a block: u32 bits of an offset, where the bytes begin, the offsets, the bytes. Wide ones use u64
/// throughout.
Result<Values> DecodeTextBlock(Bytes block, uint64_t count) {
  ByteReader reader(block, "text block");
  const uint64_t bits = TRY(reader.Read<uint32_t>());
  uint64_t start = 0;
  if (bits == 64) {
    (void)TRY(reader.Read<uint32_t>());
    start = TRY(reader.Read<uint64_t>());
  } else {
    start = TRY(reader.Read<uint32_t>());
  }
  if (start > block.size()) return Corruption("a text block begins beyond its end");
  Values out;
  TRY(ForEachText(block.subspan(reader.position()), block.subspan(start), bits / 8, count,
                  [&](Bytes text) -> Result<void> {
                    out.AppendText(text);
                    return {};
                  }));
  return out;
}

Result<Values> DecodeConstant(const pb21::Constant& constant, uint64_t count) {
  uint16_t value = 0;
  if (constant.value().size() > sizeof(value)) return Unsupported("constant blocks of wide values");
  TRY(CheckSize(16, count));
  std::memcpy(&value, constant.value().data(), constant.value().size());
  Values out;
  out.bits = 16;
  out.count = static_cast<int64_t>(count);
  for (uint64_t i = 0; i < count; i++) out.data.Append({reinterpret_cast<const uint8_t*>(&value), sizeof(value)});
  return out;
}

Error UnknownCompression(const Encoding& encoding, const char* where) {
  return Unsupported("compression " + std::to_string(encoding.compression_case()) + " of " + where + " is not read");
}

/// Fixed-size lists of a chunk: the items' validity bits, if they are kept, then the items one after the other.
Result<void> AppendLists(const pb21::FixedSizeList& list, std::span<const Bytes> buffers, uint64_t count, Values& out) {
  const uint64_t items = list.items_per_value();
  if (list.values().flat().bits_per_value() > 256) return Corruption("list items of over 256 bits");
  if (items == 0 || items > (1u << 16) || count * items > kCountMax)
    return Corruption("lists of " + std::to_string(items));
  if (list.has_validity()) {
    if (buffers.size() < 2 || buffers[0].size() < CeilDiv(count * items, 8))
      return Corruption("lists without validity");
    for (uint64_t i = 0; i < count * items; i++) out.item_validity.push_back((buffers[0][i / 8] >> (i % 8)) & 1);
    buffers = buffers.subspan(1);
  }
  if (!list.values().has_flat()) return UnknownCompression(list.values(), "list items");
  return AppendFlat(buffers[0], list.values().flat().bits_per_value() * items, count, out);
}

}  // namespace

Result<std::vector<uint8_t>> Decompress(pb21::CompressionScheme scheme, Bytes bytes) {
  ByteReader reader(bytes, "compressed buffer");
  if (scheme == pb21::LZ4) {
    const uint64_t raw = TRY(reader.Read<uint32_t>());
    const Bytes block = TRY(reader.Take(reader.remaining()));
    if (raw > kRawBytesMax || raw > block.size() * 255 + 64) return Corruption("an LZ4 block of impossible size");
    std::vector<uint8_t> out(raw);
    const int got =
        LZ4_decompress_safe(reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
                            static_cast<int>(block.size()), static_cast<int>(out.size()));
    if (got < 0 || static_cast<uint64_t>(got) != raw) return Corruption("a damaged LZ4 block");
    return out;
  }
  if (scheme == pb21::ZSTD) {
    const uint64_t raw = TRY(reader.Read<uint64_t>());
    const Bytes frame = TRY(reader.Take(reader.remaining()));
    if (raw > kRawBytesMax || raw > (frame.size() / kZstdBlockBytesMin + 1) * ZSTD_BLOCKSIZE_MAX)
      return Corruption("a ZSTD frame of impossible size");
    std::vector<uint8_t> out(raw);
    const size_t got = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
    if (ZSTD_isError(got) || got != raw) return Corruption("a damaged ZSTD frame");
    return out;
  }
  return Unsupported("compression scheme " + std::to_string(scheme));
}

Result<Values> DecodeBlock(const Encoding& outer, Bytes block, uint64_t count) {
  if (count > kCountMax) return Corruption("a block claims " + std::to_string(count) + " values");
  const Encoding* encoding = &outer;
  std::vector<uint8_t> raw;
  for (int i = 0; encoding->has_general(); i++) {
    if (i == kWrappersMax) return Corruption("compressions nested too deeply");
    raw = TRY(Decompress(encoding->general().compression().scheme(), block));
    block = raw;
    encoding = &encoding->general().values();
  }
  Values out;
  switch (encoding->compression_case()) {
    case Encoding::kFlat: TRY(AppendFlat(block, encoding->flat().bits_per_value(), count, out)); return out;
    case Encoding::kVariable: return DecodeTextBlock(block, count);
    case Encoding::kConstant: return DecodeConstant(encoding->constant(), count);
    case Encoding::kInlineBitpacking:
      TRY(AppendInlinePacked(block, encoding->inline_bitpacking().uncompressed_bits_per_value(), count, out));
      return out;
    case Encoding::kOutOfLineBitpacking: {
      const auto& packed = encoding->out_of_line_bitpacking();
      return DecodeOutOfLinePacked(block, packed.uncompressed_bits_per_value(), packed.values().flat().bits_per_value(),
                                   count);
    }
    case Encoding::kRle: {
      ByteReader reader(block, "run-length block");
      const Bytes values = TRY(reader.Take(TRY(reader.Read<uint64_t>())));
      TRY(AppendRuns(encoding->rle(), values, TRY(reader.Take(reader.remaining())), count, out));
      return out;
    }
    default: return UnknownCompression(*encoding, "a block");
  }
}

Result<void> DecodeChunk(const Encoding& outer, std::span<const Bytes> buffers, uint64_t count, Values& out) {
  const Encoding* encoding = &outer;
  std::vector<uint8_t> raw;
  std::vector<Bytes> unwrapped(buffers.begin(), buffers.end());
  for (int i = 0; encoding->has_general(); i++) {
    if (i == kWrappersMax) return Corruption("compressions nested too deeply");
    raw = TRY(Decompress(encoding->general().compression().scheme(), unwrapped[0]));
    unwrapped[0] = raw;
    encoding = &encoding->general().values();
  }
  switch (encoding->compression_case()) {
    case Encoding::kFlat: return AppendFlat(unwrapped[0], encoding->flat().bits_per_value(), count, out);
    case Encoding::kVariable: return AppendTexts(unwrapped[0], encoding->variable(), count, out, nullptr);
    case Encoding::kFsst: {
      if (!encoding->fsst().values().has_variable()) return UnknownCompression(encoding->fsst().values(), "FSST codes");
      const auto decoder = TRY(FsstDecoder::Parse(AsBytes(encoding->fsst().symbol_table())));
      return AppendTexts(unwrapped[0], encoding->fsst().values().variable(), count, out, &decoder);
    }
    case Encoding::kInlineBitpacking:
      return AppendInlinePacked(unwrapped[0], encoding->inline_bitpacking().uncompressed_bits_per_value(), count, out);
    case Encoding::kRle:
      if (unwrapped.size() < 2) return Corruption("runs without their lengths");
      return AppendRuns(encoding->rle(), unwrapped[0], unwrapped[1], count, out);
    case Encoding::kFixedSizeList: return AppendLists(encoding->fixed_size_list(), unwrapped, count, out);
    default: return UnknownCompression(*encoding, "small values");
  }
}

}  // namespace squire::lance
