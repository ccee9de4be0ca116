// Every kernel of every instruction set that this CPU runs, against plain loops.

#include "simd/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "simd/bitpack.h"
#include "simd/distance.h"

namespace squire::simd {
namespace {

class KernelsTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    kernels_ = KernelsFor(GetParam());
    if (!kernels_) GTEST_SKIP() << "this CPU or build has no " << IsaName(GetParam());
  }
  const Kernels* kernels_ = nullptr;
  std::mt19937_64 random_{42};
};

// `count` rows of `dim` floats, `lead` bytes before the first and `gap` bytes between them.
struct Rows {
  Rows(size_t count, size_t dim, size_t lead, size_t gap, std::mt19937_64& random)
      : stride(4 * dim + gap), bytes(lead + count * stride), first(bytes.data() + lead) {
    std::normal_distribution<float> normal;
    for (size_t r = 0; r < count; ++r) {
      for (size_t i = 0; i < dim; ++i) Set(r, i, normal(random));
    }
  }
  void Set(size_t r, size_t i, float value) { std::memcpy(first + r * stride + 4 * i, &value, 4); }
  [[nodiscard]] float At(size_t r, size_t i) const { return Load<float>(first + r * stride + 4 * i); }

  size_t stride;
  std::vector<uint8_t> bytes;
  uint8_t* first;
};

struct Sums {
  double l2 = 0, dot = 0, square = 0, size = 0;  // size bounds the rounding error
};

Sums Reference(const std::vector<float>& query, const Rows& rows, size_t r) {
  Sums sums;
  for (size_t i = 0; i < query.size(); ++i) {
    const double q = query[i], x = rows.At(r, i);
    sums.l2 += (q - x) * (q - x);
    sums.dot += q * x;
    sums.square += x * x;
    sums.size += q * q + x * x;
  }
  return sums;
}

std::vector<float> RandomQuery(size_t dim, std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  std::vector<float> query(dim);
  for (float& value : query) value = normal(random);
  return query;
}

TEST_P(KernelsTest, DistancesAtAnyDimensionAndAddress) {
  for (size_t dim : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 33, 47, 63, 64, 65, 100, 127, 384, 385}) {
    for (size_t lead : {0u, 1u, 3u}) {
      for (size_t gap : {0u, 1u, 5u}) {
        const size_t count = 1 + random_() % 11;
        const Rows rows(count, dim, lead, gap, random_);
        const auto query = RandomQuery(dim, random_);
        std::vector<float> l2(count), dot(count), dots(count), squares(count);
        kernels_->l2(query.data(), dim, rows.first, rows.stride, count, l2.data());
        kernels_->dot(query.data(), dim, rows.first, rows.stride, count, dot.data());
        kernels_->dot_square(query.data(), dim, rows.first, rows.stride, count, dots.data(), squares.data());
        for (size_t r = 0; r < count; ++r) {
          const Sums expected = Reference(query, rows, r);
          const double slack = 1e-6 * expected.size + 1e-9;
          EXPECT_NEAR(l2[r], expected.l2, slack) << dim;
          EXPECT_NEAR(dot[r], expected.dot, slack) << dim;
          EXPECT_NEAR(dots[r], expected.dot, slack) << dim;
          EXPECT_NEAR(squares[r], expected.square, slack) << dim;
        }
      }
    }
  }
}

TEST_P(KernelsTest, ARowMeasuresTheSameWhereverItLies) {
  for (size_t dim : {3u, 24u, 37u, 384u}) {
    const size_t count = 9;
    const Rows rows(count, dim, 1, 1, random_);
    const auto query = RandomQuery(dim, random_);
    for (Metric metric : {Metric::kL2, Metric::kDot, Metric::kCosine}) {
      const DistanceTo distance(metric, query, *kernels_);
      std::vector<float> together(count), alone(count);
      distance.Measure(rows.first, rows.stride, count, together.data());
      for (size_t r = 0; r < count; ++r) distance.Measure(rows.first + r * rows.stride, rows.stride, 1, &alone[r]);
      EXPECT_EQ(0, std::memcmp(together.data(), alone.data(), 4 * count)) << dim << MetricName(metric);
    }
  }
}

TEST_P(KernelsTest, NotANumberAndInfinityStayInTheirRow) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  for (size_t dim : {1u, 8u, 19u, 64u}) {
    for (size_t at = 0; at < dim; ++at) {
      Rows rows(7, dim, 1, 1, random_);
      rows.Set(2, at, kNan);
      rows.Set(4, at, kInf);
      std::vector<float> query(dim, 0.5f);
      float l2[7], dot[7], cosine[7];
      DistanceTo(Metric::kL2, query, *kernels_).Measure(rows.first, rows.stride, 7, l2);
      DistanceTo(Metric::kDot, query, *kernels_).Measure(rows.first, rows.stride, 7, dot);
      DistanceTo(Metric::kCosine, query, *kernels_).Measure(rows.first, rows.stride, 7, cosine);
      for (int r = 0; r < 7; ++r) {
        EXPECT_EQ(std::isnan(l2[r]), r == 2);
        EXPECT_EQ(std::isinf(l2[r]), r == 4);
        EXPECT_EQ(std::isnan(dot[r]), r == 2);
        EXPECT_EQ(std::isinf(dot[r]), r == 4);
        EXPECT_EQ(std::isnan(cosine[r]), r == 2 || r == 4);
      }
    }
  }
}

TEST_P(KernelsTest, CosineOfKnownVectors) {
  const std::vector<float> query = {3, 4, 0};
  const float rows[4][3] = {{6, 8, 0}, {-3, -4, 0}, {0, 0, 5}, {0, 0, 0}};
  float out[4];
  DistanceTo(Metric::kCosine, query, *kernels_).Measure(reinterpret_cast<const uint8_t*>(rows), 12, 4, out);
  EXPECT_NEAR(out[0], 0, 1e-6);
  EXPECT_NEAR(out[1], 2, 1e-6);
  EXPECT_EQ(out[2], 1);
  EXPECT_EQ(out[3], 1);  // a row without length has no direction
}

double HalfValue(uint16_t half) {
  const double sign = half & 0x8000 ? -1 : 1;
  const int exponent = (half >> 10) & 31;
  const int fraction = half & 0x3ff;
  if (exponent == 31) return fraction ? std::nan("") : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST_P(KernelsTest, EveryHalf) {
  std::vector<uint8_t> bytes(1 + 2 * 65536);
  for (uint32_t h = 0; h < 65536; ++h) Store<uint16_t>(bytes.data() + 1 + 2 * h, static_cast<uint16_t>(h));
  std::vector<float> floats(65536);
  kernels_->half_to_float(bytes.data() + 1, 65535, floats.data());  // an odd count
  kernels_->half_to_float(bytes.data() + 1 + 2 * 65535, 1, floats.data() + 65535);
  std::vector<uint8_t> back(2 * 65536);
  kernels_->float_to_half(floats.data(), 65536, back.data());
  for (uint32_t h = 0; h < 65536; ++h) {
    const double expected = HalfValue(static_cast<uint16_t>(h));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(floats[h])) << h;
      EXPECT_TRUE(std::isnan(HalfValue(Load<uint16_t>(back.data() + 2 * h)))) << h;
    } else {
      EXPECT_EQ(floats[h], expected) << h;
      EXPECT_EQ(Load<uint16_t>(back.data() + 2 * h), h);
    }
  }
}

TEST_P(KernelsTest, FloatsRoundToTheNearestHalf) {
  for (uint32_t h = 0; h < 0x7bff; ++h) {  // every two neighbours that are finite
    const double low = HalfValue(static_cast<uint16_t>(h)), high = HalfValue(static_cast<uint16_t>(h + 1));
    const auto middle = static_cast<float>((low + high) / 2);  // exact: halves have 11 bits, floats 24
    float values[9] = {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e9f)};
    uint8_t out[18];
    for (size_t count : {3u, 9u}) {  // by the tail, and by whole vectors
      kernels_->float_to_half(values, count, out);
      EXPECT_EQ(Load<uint16_t>(out), h + (h & 1));
      EXPECT_EQ(Load<uint16_t>(out + 2), h);
      EXPECT_EQ(Load<uint16_t>(out + 4), h + 1);
    }
  }
  const float large[8] = {65519.996f, 65520.0f, 1e30f, -65520.0f, -1e30f, 1e-30f, -1e-30f, 0x1p-25f};
  const uint16_t expected[8] = {0x7bff, 0x7c00, 0x7c00, 0xfc00, 0xfc00, 0, 0x8000, 0};
  uint8_t out[16];
  for (size_t count : {7u, 8u}) {
    kernels_->float_to_half(large, count, out);
    EXPECT_EQ(0, std::memcmp(out, expected, 2 * count));
  }
}

TEST_P(KernelsTest, PopCount) {
  std::vector<uint8_t> bytes(301);
  for (auto& byte : bytes) byte = static_cast<uint8_t>(random_());
  for (size_t size = 0; size < 300; ++size) {
    uint64_t expected = 0;
    for (size_t i = 0; i < size; ++i) expected += static_cast<uint64_t>(std::popcount(bytes[1 + i]));
    EXPECT_EQ(kernels_->popcount(bytes.data() + 1, size), expected);
  }
}

TEST_P(KernelsTest, Classify) {
  std::vector<uint8_t> text(1 + 64 * 40);
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<uint8_t>(i < 400 ? i : random_());
  std::vector<ByteClasses> out(40);
  kernels_->classify(text.data() + 1, 40, out.data());
  for (size_t i = 0; i < 64 * 40; ++i) {
    const uint8_t byte = text[1 + i];
    const bool upper = byte >= 'A' && byte <= 'Z';
    const ByteClasses& got = out[i / 64];
    const auto bit = [i](uint64_t mask) { return (mask >> (i % 64) & 1) != 0; };
    EXPECT_EQ(bit(got.upper), upper) << int{byte};
    EXPECT_EQ(bit(got.letter), upper || (byte >= 'a' && byte <= 'z')) << int{byte};
    EXPECT_EQ(bit(got.digit), byte >= '0' && byte <= '9') << int{byte};
    EXPECT_EQ(bit(got.underscore), byte == '_') << int{byte};
    EXPECT_EQ(bit(got.high), byte >= 0x80) << int{byte};
  }
}

// Bit by bit, as the layout is told: word k of lane l at k * L + l, row r from bit r * W of its lane.
template <class T>
std::vector<T> ReferenceUnpack(const uint8_t* packed, unsigned width) {
  constexpr unsigned kBits = 8 * sizeof(T), kLanes = 1024 / kBits;
  constexpr unsigned kOrder[8] = {0, 4, 2, 6, 1, 5, 3, 7};
  std::vector<T> out(1024);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    for (unsigned row = 0; row < kBits; ++row) {
      T value = 0;
      for (unsigned b = 0; b < width; ++b) {
        const unsigned bit = row * width + b;
        const T word = Load<T>(packed + (bit / kBits * kLanes + lane) * sizeof(T));
        value |= static_cast<T>((word >> (bit % kBits) & 1) << b);
      }
      out[kOrder[row / 8] * 16 + (row % 8) * 128 + lane] = value;
    }
  }
  return out;
}

template <class T>
void CheckPacking(const Kernels& kernels, std::mt19937_64& random) {
  constexpr unsigned kBits = 8 * sizeof(T);
  for (unsigned width = 0; width <= kBits; ++width) {
    std::vector<uint8_t> packed(1 + PackedBytes(width));
    for (auto& byte : packed) byte = static_cast<uint8_t>(random());
    std::vector<uint8_t> unpacked(3 + 1024 * sizeof(T), 0xee);
    kernels.unpack1024(packed.data() + 1, kBits, width, unpacked.data() + 3);
    const auto expected = ReferenceUnpack<T>(packed.data() + 1, width);
    ASSERT_EQ(0, std::memcmp(unpacked.data() + 3, expected.data(), 1024 * sizeof(T))) << kBits << " in " << width;

    std::vector<uint8_t> dirty(unpacked.begin() + 3, unpacked.end());  // bits above the width must not spill
    for (size_t i = 0; width < kBits && i < 1024; i += 3) {
      Store<T>(&dirty[i * sizeof(T)], static_cast<T>(expected[i] | T{1} << width));
    }
    std::vector<uint8_t> again(packed.size(), 0xee);
    kernels.pack1024(dirty.data(), kBits, width, again.data() + 1);
    again[0] = packed[0];
    ASSERT_EQ(again, packed) << kBits << " in " << width;
  }
}

TEST_P(KernelsTest, PackingEveryWidth) {
  CheckPacking<uint8_t>(*kernels_, random_);
  CheckPacking<uint16_t>(*kernels_, random_);
  CheckPacking<uint32_t>(*kernels_, random_);
  CheckPacking<uint64_t>(*kernels_, random_);
}

TEST_P(KernelsTest, ValuesThatReachABound) {
  std::vector<float> values(64 * 5 + 1);
  for (float& value : values) value = static_cast<float>(random_() % 7) - 3;
  values[3] = std::numeric_limits<float>::quiet_NaN();
  values[70] = std::numeric_limits<float>::infinity();
  values[71] = -values[70];
  for (const float least : {-3.5f, 0.0f, 1.0f, 3.0f, 4.0f}) {
    for (const size_t blocks : {0, 1, 5}) {
      std::vector<uint64_t> masks(blocks + 1, 0xeeee);
      kernels_->mask_at_least(values.data() + 1, blocks, least, masks.data());
      for (size_t i = 0; i < 64 * blocks; ++i)
        ASSERT_EQ(masks[i / 64] >> (i % 64) & 1, values[i + 1] >= least ? 1u : 0u) << i << " of " << blocks;
      EXPECT_EQ(masks[blocks], 0xeeeeu);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, KernelsTest,
                         testing::Values(Isa::kGeneric, Isa::kSse42, Isa::kAvx2, Isa::kAvx512, Isa::kNeon),
                         [](const auto& test) { return std::string(IsaName(test.param)); });

TEST(Packing, SizesAreChecked) {
  std::vector<uint8_t> packed(PackedBytes(5)), values(4096);
  EXPECT_TRUE(Unpack(packed, 32, 5, values));
  EXPECT_EQ(Unpack(packed, 32, 6, values).error().code, Code::kCorruption);
  EXPECT_EQ(Unpack(packed, 32, 33, values).error().code, Code::kCorruption);
  EXPECT_EQ(Unpack(packed, 12, 5, values).error().code, Code::kCorruption);
  EXPECT_EQ(Unpack(packed, 64, 5, values).error().code, Code::kCorruption);
  EXPECT_TRUE(Pack(values, 32, 5, packed));
  EXPECT_EQ(Pack(values, 32, 6, packed).error().code, Code::kInvalidArgument);
  EXPECT_EQ(WidthOf(std::span<const uint32_t>(std::vector<uint32_t>{1, 4})), 3u);
  EXPECT_EQ(WidthOf(std::span<const uint32_t>(std::vector<uint32_t>{0, 0})), 0u);
}

TEST(Kernels, TheActiveTableIsARunnableOne) {
  const auto tables = RunnableKernels();
  ASSERT_FALSE(tables.empty());
  EXPECT_NE(std::find(tables.begin(), tables.end(), &ActiveKernels()), tables.end());
}

}  // namespace
}  // namespace squire::simd
