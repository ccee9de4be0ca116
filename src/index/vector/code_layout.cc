#include "index/vector/code_layout.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace squire::vector {
namespace {

constexpr size_t kGroup = 64;

/// The byte of a block's half in which a row's half byte lies; rows from 16 on have its upper half.
constexpr size_t PlaceOf(size_t row) { return 2 * (row % 8) + row % 16 / 8; }

/// `count` rows into one block, which is all zeros.
void FillBlock(const uint8_t* rows, size_t count, size_t sign_bytes, uint8_t* block) {
  for (size_t row = 0; row < count; row++) {
    uint8_t* to = block + PlaceOf(row);
    const unsigned shift = row < 16 ? 0 : 4;
    const uint8_t* from = rows + row * sign_bytes;
    for (size_t b = 0; b < sign_bytes; b++) {
      to[32 * b] |= static_cast<uint8_t>((from[b] & 15) << shift);
      to[32 * b + 16] |= static_cast<uint8_t>((from[b] >> 4) << shift);
    }
  }
}

void AddTopBits(const uint8_t* values, unsigned bit, uint8_t* out) {
  for (size_t i = 0; i < kGroup; i++)
    out[i % 8] |= static_cast<uint8_t>((values[i] >> bit & 1) << (2 * (i / 16) + i % 16 / 8));
}

void PackGroup(const uint8_t* v, unsigned bits, uint8_t* out) {
  std::memset(out, 0, 8 * bits);
  for (size_t i = 0; i < kGroup; i++) {
    const size_t run = i / 16, b = i % 16;
    switch (bits) {
      case 1: out[i / 8] |= static_cast<uint8_t>((v[i] & 1) << (i % 8)); break;
      case 2:
      case 3: out[b] |= static_cast<uint8_t>((v[i] & 3) << (2 * run)); break;
      case 4: out[8 * run + b % 8] |= static_cast<uint8_t>((v[i] & 15) << (4 * (b / 8))); break;
      case 5: out[16 * (run / 2) + b] |= static_cast<uint8_t>((v[i] & 15) << (4 * (run % 2))); break;
      case 6:
      case 7:
        if (run < 3) {
          out[16 * run + b] |= v[i] & 63;
        } else {  // the last run's bits lie in pairs above the others
          for (size_t k = 0; k < 3; k++) out[16 * k + b] |= static_cast<uint8_t>((v[i] >> (2 * k) & 3) << 6);
        }
        break;
      default: out[i] = v[i]; break;
    }
  }
  if (bits == 3) AddTopBits(v, 2, out + 16);
  if (bits == 5) AddTopBits(v, 4, out + 32);
  if (bits == 7) AddTopBits(v, 6, out + 48);
}

}  // namespace

void PackExtra(std::span<const uint8_t> values, unsigned bits, uint8_t* out) {
  for (size_t at = 0; at < values.size(); at += kGroup, out += 8 * bits) PackGroup(values.data() + at, bits, out);
}

void SignsToBlocks(std::span<const uint8_t> rows, size_t sign_bytes, uint8_t* out) {
  const size_t count = sign_bytes == 0 ? 0 : rows.size() / sign_bytes;
  if (count == 0) return;
  std::memset(out, 0, (count + kBlockRows - 1) / kBlockRows * kBlockRows * sign_bytes);
  for (size_t row = 0; row < count; row += kBlockRows)
    FillBlock(rows.data() + row * sign_bytes, std::min(kBlockRows, count - row), sign_bytes, out + row * sign_bytes);
}

void SignsToFile(std::span<const uint8_t> rows, size_t sign_bytes, uint8_t* out) {
  const size_t count = sign_bytes == 0 ? 0 : rows.size() / sign_bytes;
  const size_t whole = count - count % kBlockRows, rest = count - whole;
  SignsToBlocks(rows.first(whole * sign_bytes), sign_bytes, out);
  for (size_t row = 0; row < rest; row++) {
    for (size_t b = 0; b < sign_bytes; b++)
      out[whole * sign_bytes + b * rest + row] = rows[(whole + row) * sign_bytes + b];
  }
}

void SignsFromBlocks(const uint8_t* blocks, size_t count, size_t sign_bytes, size_t stride, uint8_t* rows) {
  for (size_t row = 0; row < count; row++) {
    const uint8_t* from = blocks + row / kBlockRows * kBlockRows * sign_bytes + PlaceOf(row % kBlockRows);
    const unsigned shift = row % kBlockRows < 16 ? 0 : 4;
    for (size_t b = 0; b < sign_bytes; b++) {
      const unsigned low = from[32 * b] >> shift & 15, high = from[32 * b + 16] >> shift & 15;
      rows[row * stride + b] = static_cast<uint8_t>(low | high << 4);
    }
  }
}

namespace {

/// Rows behind the last full block: `from` has the first byte of each of them, then the second ...
void RestFromFile(std::span<const uint8_t> from, size_t sign_bytes, uint8_t* rows) {
  const size_t count = from.size() / sign_bytes;
  for (size_t row = 0; row < count; row++)
    for (size_t b = 0; b < sign_bytes; b++) rows[row * sign_bytes + b] = from[b * count + row];
}

}  // namespace

void SignsFromFile(std::span<const uint8_t> packed, size_t sign_bytes, uint8_t* rows) {
  const size_t count = sign_bytes == 0 ? 0 : packed.size() / sign_bytes, whole = count - count % kBlockRows;
  if (count == 0) return;
  SignsFromBlocks(packed.data(), whole, sign_bytes, sign_bytes, rows);
  RestFromFile(packed.subspan(whole * sign_bytes), sign_bytes, rows + whole * sign_bytes);
}

void SignsFileToBlocks(std::span<const uint8_t> packed, size_t sign_bytes, uint8_t* out) {
  const size_t count = sign_bytes == 0 ? 0 : packed.size() / sign_bytes,
               whole = (count - count % kBlockRows) * sign_bytes;
  if (whole > 0) std::memcpy(out, packed.data(), whole);
  std::vector<uint8_t> rest(packed.size() - whole);
  if (rest.empty()) return;
  RestFromFile(packed.subspan(whole), sign_bytes, rest.data());
  SignsToBlocks(rest, sign_bytes, out + whole);
}

}  // namespace squire::vector
