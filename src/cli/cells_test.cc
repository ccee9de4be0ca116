#include "cli/cells.h"

#include <gtest/gtest.h>

#include <cmath>

namespace squire::cli {
namespace {

template <class T>
Array Of(DataType type, T value) {
  ArrayBuilder builder(type);
  builder.Append(value);
  return *builder.Finish();
}

std::string Json(const Array& column, int64_t row = 0) {
  std::string out;
  AppendJsonCell(column, row, out);
  return out;
}

DataType TimestampType(const char* unit, const char* zone) {
  DataType type(TypeId::kTimestamp);
  type.unit = unit;
  type.zone = zone;
  return type;
}

TEST(Cells, NumbersAreShortestDigitsThatReadBack) {
  EXPECT_EQ(Json(Of<float>(TypeId::kFloat, 0.1F)), "0.1");
  EXPECT_EQ(Json(Of<double>(TypeId::kDouble, 0.1)), "0.1");
  EXPECT_EQ(Json(Of<float>(TypeId::kFloat, NAN)), "null");
  EXPECT_EQ(Json(Of<float>(TypeId::kFloat, -INFINITY)), "null");
  EXPECT_EQ(Json(Of<int8_t>(TypeId::kInt8, -128)), "-128");
  EXPECT_EQ(Json(Of<uint64_t>(TypeId::kUInt64, ~0ULL)), "18446744073709551615");
  EXPECT_EQ(Json(Of<uint16_t>(TypeId::kHalfFloat, 0x3C00)), "1");
  EXPECT_EQ(Json(Of<uint16_t>(TypeId::kHalfFloat, 0xC100)), "-2.5");
  EXPECT_EQ(Json(Of<uint16_t>(TypeId::kHalfFloat, 0x0001)), "5.9604645e-08");
}

TEST(Cells, TimesAreIso8601) {
  EXPECT_EQ(Json(Of<int32_t>(TypeId::kDate32, 0)), "\"1970-01-01\"");
  EXPECT_EQ(Json(Of<int32_t>(TypeId::kDate32, -1)), "\"1969-12-31\"");
  EXPECT_EQ(Json(Of<int32_t>(TypeId::kDate32, 11'016)), "\"2000-02-29\"");
  EXPECT_EQ(Json(Of<int64_t>(TimestampType("us", "UTC"), -1)), "\"1969-12-31T23:59:59.999999Z\"");
  EXPECT_EQ(Json(Of<int64_t>(TimestampType("s", ""), 951'782'400)), "\"2000-02-29T00:00:00\"");
  EXPECT_FALSE(Json(Of<int64_t>(TimestampType("s", ""), INT64_MIN)).empty());
}

TEST(Cells, DecimalsKeepEveryDigit) {
  DataType type(TypeId::kDecimal128);
  type.precision = 38;
  type.scale = 2;
  EXPECT_EQ(Json(Of<__int128>(type, -5)), "\"-0.05\"");
  EXPECT_EQ(Json(Of<__int128>(type, static_cast<__int128>(1) << 64)), "\"184467440737095516.16\"");
  EXPECT_EQ(Json(Of<__int128>(type, 0)), "\"0.00\"");
}

TEST(Cells, StringsAndBytesOfAnyKindAreSafe) {
  const std::string_view hostile("\"\x1b\n\xff", 4);
  const Array text = StringArray(std::span(&hostile, 1));
  EXPECT_EQ(Json(text), "\"\\\"\\u001b\\n\xEF\xBF\xBD\"");
  std::string line;
  AppendTextCell(text, 0, line);
  EXPECT_EQ(line, "\"\\x1b\\n\\xff");
  ArrayBuilder builder(TypeId::kBinary);
  for (const char* bytes : {"", "f", "fo", "foo"}) builder.AppendText(bytes);
  builder.AppendNull();
  const Array binary = *builder.Finish();
  EXPECT_EQ(Json(binary, 0), "\"\"");
  EXPECT_EQ(Json(binary, 1), "\"Zg==\"");
  EXPECT_EQ(Json(binary, 2), "\"Zm8=\"");
  EXPECT_EQ(Json(binary, 3), "\"Zm9v\"");
  EXPECT_EQ(Json(binary, 4), "null");
}

TEST(Cells, VectorsAreWholeInJsonAndCutForPeople) {
  ArrayBuilder builder(VectorType(6));
  const std::vector<float> items = {1, 2, 3, 4, 5, 6};
  builder.AppendItems<float>(items);
  const Array column = *builder.Finish();
  EXPECT_EQ(Json(column), "[1,2,3,4,5,6]");
  std::string line;
  AppendTextCell(column, 0, line);
  EXPECT_EQ(line, "[1,2,3,4,... 6 in all]");
}

}  // namespace
}  // namespace squire::cli
