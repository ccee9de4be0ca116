// A filter, parsed, bound to a schema of every kind of column, and run over some rows; and the same text as the value
// of a column. One row at a time must come to what all rows at once come to.

#include "input.h"
#include "query/where/expression.h"
#include "query/where/filter.h"

namespace squire::fuzz {
namespace {

Schema FilterSchema() {
  DataType moment(TypeId::kTimestamp), decimal(TypeId::kDecimal128), pair(TypeId::kStruct);
  moment.unit = "us";
  decimal.precision = 20;
  decimal.scale = 2;
  pair.children = {{"x", TypeId::kInt64, true, {}}, {"y", TypeId::kString, true, {}}};
  return Schema{{{"id", TypeId::kString, true, {}},
                 {"n", TypeId::kInt32, true, {}},
                 {"big", TypeId::kInt64, true, {}},
                 {"u", TypeId::kUInt64, true, {}},
                 {"f", TypeId::kDouble, true, {}},
                 {"h", TypeId::kFloat, true, {}},
                 {"b", TypeId::kBool, true, {}},
                 {"day", TypeId::kDate32, true, {}},
                 {"at", moment, true, {}},
                 {"v", VectorType(4), true, {}},
                 {"s", pair, true, {}},
                 {"d", decimal, true, {}}},
                {}};
}

/// Row 0 is all null, the others hold small, big, negative values.
Array Column(const DataType& type) {
  if (type.id == TypeId::kStruct) {
    Array out;
    out.type = type;
    out.length = 5;
    for (const Field& child : type.children) out.children.push_back(Column(child.type));
    return out;
  }
  ArrayBuilder builder(type);
  builder.AppendNull();
  for (int64_t value : {int64_t{0}, int64_t{7}, int64_t{-3}, INT64_MAX}) {
    switch (type.id) {
      case TypeId::kBool: builder.AppendBool(value == 7); break;
      case TypeId::kString: builder.AppendText(value == 7 ? "a_b%" : value == 0 ? "" : "\xc3\x9c 12"); break;
      case TypeId::kDouble: builder.Append(static_cast<double>(value)); break;
      case TypeId::kFloat: builder.Append(static_cast<float>(value)); break;
      case TypeId::kFixedSizeList: builder.AppendItems<float>(std::vector<float>(4, 1.0f)); break;
      default: {
        uint8_t bytes[16] = {};
        std::memcpy(bytes, &value, sizeof(value));
        builder.AppendBytes(bytes, static_cast<size_t>(type.bit_width() / 8));
      }
    }
  }
  auto array = builder.Finish();
  Require(array.has_value(), "a column is made");
  return *std::move(array);
}

Batch FilterRows(const Schema& schema) {
  Batch rows{schema, {}, 5};
  for (const Field& field : schema.fields) rows.columns.push_back(Column(field.type));
  return rows;
}

void Apply(const where::Filter& filter, const Batch& rows) {
  std::vector<uint8_t> all(static_cast<size_t>(rows.num_rows), 1);
  const bool works = filter.Apply(rows, all).has_value();
  for (int64_t row = 0; row < rows.num_rows; row++) {
    std::vector<uint8_t> one(1, 1);
    const bool works_alone = filter.Apply(rows.Slice(row, 1), one).has_value();
    if (works && works_alone) Require(one[0] == all[static_cast<size_t>(row)], "a row passes alone as among others");
    if (works && filter.passes_nothing()) Require(one[0] == 0, "a filter that passes nothing does not");
  }
}

}  // namespace
}  // namespace squire::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  static const Schema schema = fuzz::FilterSchema();
  static const Batch rows = fuzz::FilterRows(schema);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto filter = where::ParseFilter(text, schema)) {
    fuzz::Apply(*filter, rows);
    for (const char* column : {"id", "n", "f", "at"}) (void)filter->ConditionOn(column);
  }
  for (const Field& field : schema.fields) {
    if (const auto value = where::ParseExpression(text, schema, field.type)) {
      if (const auto column = value->Evaluate(rows)) fuzz::Touch(*column);
    }
  }
  return 0;
}
