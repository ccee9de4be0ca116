// Compressions of other writers, on bytes made by hand; tests/interop has real files.

#include "lance/codec.h"

#include <gtest/gtest.h>
#include <lz4.h>
#include <zstd.h>

#include "lance/fsst.h"
#include "simd/bitpack.h"

namespace squire::lance {
namespace {

pb21::CompressiveEncoding Flat(uint64_t bits) {
  pb21::CompressiveEncoding encoding;
  encoding.mutable_flat()->set_bits_per_value(bits);
  return encoding;
}

std::vector<uint8_t> Packed(std::span<const uint32_t> values, unsigned width) {
  std::vector<uint32_t> block(values.begin(), values.end());
  block.resize(simd::kPackedValues);
  std::vector<uint8_t> out(simd::PackedBytes(width));
  EXPECT_TRUE(simd::Pack({reinterpret_cast<const uint8_t*>(block.data()), block.size() * 4}, 32, width, out));
  return out;
}

TEST(CodecTest, InlineBitpacking) {
  std::vector<uint32_t> values(700);
  for (uint32_t i = 0; i < values.size(); i++) values[i] = i * 7 % 1000;
  std::vector<uint8_t> bytes;
  Put<uint32_t>(bytes, 10);
  const auto packed = Packed(values, 10);
  bytes.insert(bytes.end(), packed.begin(), packed.end());
  pb21::CompressiveEncoding encoding;
  encoding.mutable_inline_bitpacking()->set_uncompressed_bits_per_value(32);
  Values out;
  const Bytes buffers[] = {bytes};
  ASSERT_TRUE(DecodeChunk(encoding, buffers, values.size(), out));
  ASSERT_EQ(out.count, 700);
  for (int64_t i = 0; i < out.count; i++) EXPECT_EQ(out.Number(i), values[static_cast<size_t>(i)]);
  const Bytes cut[] = {Bytes(bytes).first(bytes.size() - 1)};
  Values none;
  EXPECT_EQ(DecodeChunk(encoding, cut, values.size(), none).error().code, Code::kCorruption);
}

TEST(CodecTest, RunsAreBounded) {
  pb21::CompressiveEncoding encoding;
  *encoding.mutable_rle()->mutable_values() = Flat(64);
  *encoding.mutable_rle()->mutable_run_lengths() = Flat(8);
  std::vector<uint8_t> values, lengths = {3, 250};
  Put<uint64_t>(values, 5);
  Put<uint64_t>(values, 6);
  const Bytes buffers[] = {values, lengths};
  Values out;
  ASSERT_TRUE(DecodeChunk(encoding, buffers, 253, out));
  EXPECT_EQ(out.Number(2), 5u);
  EXPECT_EQ(out.Number(252), 6u);
  for (uint64_t wrong : {252u, 254u}) {
    Values none;
    EXPECT_FALSE(DecodeChunk(encoding, buffers, wrong, none)) << wrong;
  }
}

TEST(CodecTest, GeneralCompressionsAndTheirLimits) {
  const std::string text(1000, 'x');
  std::vector<uint8_t> lz4(4 + static_cast<size_t>(LZ4_compressBound(1000)));
  Store<uint32_t>(lz4.data(), 1000);
  lz4.resize(4 + static_cast<size_t>(LZ4_compress_default(text.data(), reinterpret_cast<char*>(lz4.data() + 4), 1000,
                                                          static_cast<int>(lz4.size() - 4))));
  EXPECT_EQ(AsText(*Decompress(pb21::LZ4, lz4)), text);
  Store<uint32_t>(lz4.data(), 999);
  EXPECT_FALSE(Decompress(pb21::LZ4, lz4));
  Store<uint32_t>(lz4.data(), 0xffffffff);
  EXPECT_FALSE(Decompress(pb21::LZ4, lz4)) << "a claim of 4 GiB is refused before memory is asked for";
  std::vector<uint8_t> zstd(8 + ZSTD_compressBound(1000));
  Store<uint64_t>(zstd.data(), 1000);
  zstd.resize(8 + ZSTD_compress(zstd.data() + 8, zstd.size() - 8, text.data(), 1000, 1));
  EXPECT_EQ(AsText(*Decompress(pb21::ZSTD, zstd)), text);
  Store<uint64_t>(zstd.data(), 1ull << 40);
  EXPECT_FALSE(Decompress(pb21::ZSTD, zstd));
}

TEST(CodecTest, FsstDecodesSymbolsAndEscapes) {
  std::vector<uint8_t> table = {2, 0, 0, 1, 'T', 'S', 'S', 'F'};
  for (std::string_view symbol : {"hello", "wo"}) {
    const size_t start = table.size();
    table.resize(start + 8);
    std::memcpy(table.data() + start, symbol.data(), symbol.size());
  }
  table.push_back(5);
  table.push_back(2);
  const auto decoder = FsstDecoder::Parse(table);
  ASSERT_TRUE(decoder) << decoder.error().ToString();
  GrowBuffer out;
  const std::vector<uint8_t> codes = {0, 255, ' ', 1, 255, 'w', 0, 1, 0, 1, 1};
  ASSERT_TRUE(decoder->Decode(codes, out));
  EXPECT_EQ(AsText(out.span()), "hello wowhellowohellowowo");
  EXPECT_FALSE(decoder->Decode(std::vector<uint8_t>{255}, out)) << "a cut escape";
  EXPECT_FALSE(decoder->Decode(std::vector<uint8_t>{7}, out)) << "no such symbol";
  for (size_t size = 0; size < table.size(); size++) EXPECT_FALSE(FsstDecoder::Parse(Bytes(table).first(size))) << size;
}

TEST(CodecTest, DictionaryIndicesAreChecked) {
  Values dictionary;
  dictionary.AppendText(AsBytes("a"));
  dictionary.AppendText(AsBytes("bc"));
  Values indices;
  indices.bits = 8;
  indices.data.Append(std::vector<uint8_t>{1, 0, 1});
  indices.count = 3;
  const auto gathered = Gather(dictionary, indices);
  ASSERT_TRUE(gathered);
  EXPECT_EQ(AsText(gathered->Text(2)), "bc");
  Values beyond;
  beyond.bits = 8;
  beyond.data.Append(std::vector<uint8_t>{2});
  beyond.count = 1;
  EXPECT_EQ(Gather(dictionary, beyond).error().code, Code::kCorruption);
}

}  // namespace
}  // namespace squire::lance
