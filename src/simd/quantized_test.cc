// The kernels over quantized vectors, of every instruction set that this CPU runs, against plain loops.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "simd/kernels.h"

namespace squire::simd {
namespace {

class QuantizedTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    kernels_ = KernelsFor(GetParam());
    if (!kernels_) GTEST_SKIP() << "this CPU or build has no " << IsaName(GetParam());
  }
  std::vector<uint8_t> RandomBytes(size_t count, unsigned below = 256) {
    std::vector<uint8_t> out(count);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(random_() % below);
    return out;
  }
  std::vector<float> RandomFloats(size_t count) {
    std::normal_distribution<float> normal;
    std::vector<float> out(count);
    for (float& value : out) value = normal(random_);
    return out;
  }
  const Kernels* kernels_ = nullptr;
  std::mt19937_64 random_{7};
};

/// Half `half` of the bits of row `row` in a block.
unsigned HalfOf(const uint8_t* block, size_t half, size_t row) {
  const size_t low_row = row % 16;
  const uint8_t byte = block[16 * half + 2 * (low_row % 8) + low_row / 8];
  return row < 16 ? byte & 15 : byte >> 4;
}

TEST_P(QuantizedTest, BitsOfAnyLengthAreScanned) {
  for (size_t code_bytes : {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 48, 49, 1024}) {
    const size_t blocks = 3;
    auto tables = RandomBytes(32 * code_bytes, kTableEntryMax + 1);
    if (code_bytes == 1024) std::ranges::fill(tables, kTableEntryMax);  // the largest sum there is
    const auto codes = RandomBytes(32 * code_bytes * blocks + 1);
    std::vector<uint16_t> sums(32 * blocks + 1, 0xeeee);
    kernels_->scan_bits(tables.data(), codes.data() + 1, code_bytes, blocks, sums.data());
    for (size_t row = 0; row < 32 * blocks; ++row) {
      const uint8_t* block = codes.data() + 1 + row / 32 * 32 * code_bytes;
      unsigned expected = 0;
      for (size_t h = 0; h < 2 * code_bytes; ++h) expected += tables[16 * h + HalfOf(block, h, row % 32)];
      ASSERT_EQ(sums[row], expected) << code_bytes << " bytes, row " << row;
    }
    EXPECT_EQ(sums.back(), 0xeeee);
  }
}

TEST_P(QuantizedTest, EstimatesAndTheirMasks) {
  const size_t blocks = 5, rows = 32 * blocks;
  std::vector<uint16_t> sums(rows);
  for (auto& sum : sums) sum = static_cast<uint16_t>(random_());
  auto scale = RandomFloats(rows), add = RandomFloats(rows), error = RandomFloats(rows);
  add[3] = std::numeric_limits<float>::quiet_NaN();
  add[4] = std::numeric_limits<float>::infinity();
  const EstimateTerms terms{0.001f, -30.0f, 0.7f, 0.2f, 0.5f, 1.0f};
  std::vector<float> estimates(rows);
  std::vector<uint32_t> masks(blocks);
  kernels_->estimate_rows(sums.data(), scale.data(), add.data(), error.data(), blocks, terms, estimates.data(),
                          masks.data());
  for (size_t row = 0; row < rows; ++row) {
    const double value = (sums[row] * 0.001 - 30.0) * scale[row] + add[row] * 0.7 + 0.2;
    const double least = value - error[row] * 0.5;
    const bool is_in = masks[row / 32] >> (row % 32) & 1;
    if (!std::isfinite(value)) {
      EXPECT_FALSE(is_in);
      continue;
    }
    EXPECT_NEAR(estimates[row], value, 1e-4);
    if (std::abs(least - 1.0) < 1e-4) continue;
    EXPECT_EQ(is_in, least <= 1.0) << row;
  }
}

/// As the table format interleaves them.
std::vector<uint8_t> Pack(const std::vector<uint8_t>& values, unsigned bits) {
  std::vector<uint8_t> out(values.size() / 64 * 8 * bits);
  const auto top_bits = [&](const uint8_t* v, uint8_t* to, unsigned bit) {
    for (size_t i = 0; i < 64; ++i) to[i % 8] |= (v[i] >> bit & 1) << (2 * (i / 16) + i % 16 / 8);
  };
  for (size_t g = 0; g < values.size() / 64; ++g) {
    const uint8_t* v = values.data() + 64 * g;
    uint8_t* to = out.data() + 8 * bits * g;
    for (size_t i = 0; i < 64; ++i) {
      const size_t run = i / 16, b = i % 16;
      switch (bits) {
        case 0: break;
        case 1: to[i / 8] |= v[i] << (i % 8); break;
        case 2:
        case 3: to[b] |= (v[i] & 3) << (2 * run); break;
        case 4: to[8 * run + b % 8] |= v[i] << (4 * (b / 8)); break;
        case 5: to[16 * (run / 2) + b] |= (v[i] & 15) << (4 * (run % 2)); break;
        case 6:
        case 7:
          if (run < 3) to[16 * run + b] |= v[i] & 63;
          for (size_t k = 0; run == 3 && k < 3; ++k) to[16 * k + b] |= (v[i] >> (2 * k) & 3) << 6;
          break;
        default: to[i] = v[i];
      }
    }
    if (bits == 3) top_bits(v, to + 16, 2);
    if (bits == 5) top_bits(v, to + 32, 4);
    if (bits == 7) top_bits(v, to + 48, 6);
  }
  return out;
}

TEST_P(QuantizedTest, CodesOfEveryWidthAreMultiplied) {
  for (unsigned bits = 0; bits <= 8; ++bits) {
    for (size_t groups : {0, 1, 2, 6}) {
      const auto values = RandomBytes(64 * groups, 1u << bits);
      const auto query = RandomFloats(64 * groups);
      const auto codes = Pack(values, bits);
      double expected = 0;
      const auto signs = RandomBytes(8 * groups);
      for (size_t i = 0; i < values.size(); ++i) {
        const double full = values[i] + ((signs[i / 8] >> (i % 8) & 1u) << bits);
        expected += query[i] * full;
      }
      EXPECT_NEAR(kernels_->code_dot(query.data(), signs.data(), codes.data(), bits, groups), expected,
                  2e-3 * (1u << bits))
          << bits << " bits, " << groups << " groups";
    }
  }
}

TEST_P(QuantizedTest, MagnitudesAreQuantized) {
  for (size_t dim : {0, 1, 15, 16, 17, 40, 384}) {
    for (unsigned code_max : {1u, 15u, 255u}) {
      const auto values = RandomFloats(dim);
      const float factor = static_cast<float>(code_max) / 2.5f;
      std::vector<uint8_t> codes(dim + 1, 0xee);
      float dot = 0, square = 0;
      kernels_->quantize(values.data(), dim, factor, code_max, codes.data(), &dot, &square);
      double expected_dot = 0, expected_square = 0;
      for (size_t i = 0; i < dim; ++i) {
        const float size = std::abs(values[i]);
        ASSERT_EQ(codes[i], static_cast<unsigned>(std::min(static_cast<float>(code_max), std::floor(size * factor))));
        expected_dot += (codes[i] + 0.5) * size;
        expected_square += (codes[i] + 0.5) * (codes[i] + 0.5);
      }
      EXPECT_EQ(codes[dim], 0xee);
      EXPECT_NEAR(dot, expected_dot, 1e-4 * expected_dot + 1e-6);
      EXPECT_NEAR(square, expected_square, 1e-4 * expected_square + 1e-6);
    }
  }
}

TEST_P(QuantizedTest, ARotationKeepsLengthsAndIsTheSameEverywhere) {
  const Kernels& plain = *KernelsFor(Isa::kGeneric);
  for (size_t dim : {0, 1, 2, 3, 4, 5, 8, 24, 64, 100, 128, 384, 1000}) {
    auto values = RandomFloats(dim);
    std::vector<float> signs(4 * dim);
    for (float& sign : signs) sign = random_() % 2 ? 1.0f : -1.0f;
    double before = 0, after = 0;
    for (float value : values) before += value * value;
    auto expected = values;
    plain.rotate(expected.data(), dim, signs.data());
    kernels_->rotate(values.data(), dim, signs.data());
    for (size_t i = 0; i < dim; ++i) {
      after += values[i] * values[i];
      EXPECT_NEAR(values[i], expected[i], 1e-5) << dim;
    }
    // The middle value of an odd number of them takes no part in the mixing.
    if (dim % 2 == 0 || dim == 1) {
      EXPECT_NEAR(after, before, 1e-4 * before + 1e-9) << dim;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, QuantizedTest,
                         testing::Values(Isa::kGeneric, Isa::kSse42, Isa::kAvx2, Isa::kAvx512, Isa::kNeon),
                         [](const auto& test) { return std::string(IsaName(test.param)); });

}  // namespace
}  // namespace squire::simd
