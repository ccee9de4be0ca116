#include "query/where/lane.h"

#include <algorithm>

#include "base/bytes.h"
#include "query/where/match.h"

namespace squire::where {
namespace {

template <class T>
void LoadExact(const Array& column, Lane& lane) {
  const auto values = column.values<T>();
  lane.exact.assign(values.begin(), values.end());
}

void LoadExact(const Array& column, Lane& lane) {
  switch (column.type.id) {
    case TypeId::kInt8: return LoadExact<int8_t>(column, lane);
    case TypeId::kUInt8: return LoadExact<uint8_t>(column, lane);
    case TypeId::kInt16: return LoadExact<int16_t>(column, lane);
    case TypeId::kUInt16: return LoadExact<uint16_t>(column, lane);
    case TypeId::kInt32:
    case TypeId::kDate32:
    case TypeId::kTime32: return LoadExact<int32_t>(column, lane);
    case TypeId::kUInt32: return LoadExact<uint32_t>(column, lane);
    case TypeId::kUInt64: return LoadExact<uint64_t>(column, lane);
    case TypeId::kDecimal128: {
      lane.exact.resize(static_cast<size_t>(column.length));
      if (!lane.exact.empty())
        std::memcpy(lane.exact.data(), column.buffers[0].data() + 16 * column.offset, 16 * lane.exact.size());
      return;
    }
    default: return LoadExact<int64_t>(column, lane);
  }
}

void LoadFloats(const Array& column, Lane& lane) {
  if (column.type.id == TypeId::kHalfFloat) {
    for (const uint16_t half : column.values<uint16_t>()) lane.number.push_back(HalfToDouble(half));
  } else if (column.type.id == TypeId::kFloat) {
    const auto values = column.values<float>();
    lane.number.assign(values.begin(), values.end());
  } else {
    const auto values = column.values<double>();
    lane.number.assign(values.begin(), values.end());
  }
}

}  // namespace

Lane EmptyLane(const ValueType& type, size_t rows, bool is_constant) {
  Lane lane;
  lane.type = type;
  lane.is_constant = is_constant;
  const size_t entries = is_constant ? 1 : rows;
  if (type.kind == Kind::kBool) {
    lane.truth.assign(entries, kUnknown);
    return lane;
  }
  lane.valid.assign(entries, 0);
  if (type.kind == Kind::kExact) lane.exact.resize(entries);
  if (type.kind == Kind::kFloat) lane.number.resize(entries);
  if (type.kind == Kind::kText) lane.text.resize(entries);
  return lane;
}

Lane LaneOf(const Array& column) {
  Lane lane;
  lane.type = TypeOf(column.type);
  const auto rows = static_cast<size_t>(column.length);
  if (lane.type.kind == Kind::kBool) {
    lane.truth.resize(rows);
    for (size_t row = 0; row < rows; row++) {
      const auto at = static_cast<int64_t>(row);
      lane.truth[row] = !column.IsValid(at) ? kUnknown : column.Bit(at) ? kTrue : kFalse;
    }
    return lane;
  }
  lane.valid.assign(rows, lane.type.kind != Kind::kNull);
  if (!column.validity.empty()) {
    for (size_t row = 0; row < rows; row++) lane.valid[row] = column.IsValid(static_cast<int64_t>(row));
  }
  if (lane.type.kind == Kind::kExact) LoadExact(column, lane);
  if (lane.type.kind == Kind::kFloat) LoadFloats(column, lane);
  if (lane.type.kind == Kind::kText) {
    lane.text.resize(rows);
    for (size_t row = 0; row < rows; row++) {
      if (lane.valid[row]) lane.text[row] = TextKey(column, static_cast<int64_t>(row));
    }
  }
  return lane;
}

Lane LaneOf(const Value& value) {
  Lane lane = EmptyLane(value.is_null ? ValueType{} : value.type, 0, true);
  if (value.is_null) return lane;
  if (lane.type.kind == Kind::kBool) {
    lane.truth[0] = value.truth;
    return lane;
  }
  lane.valid[0] = 1;
  if (lane.type.kind == Kind::kExact) lane.exact[0] = value.exact;
  if (lane.type.kind == Kind::kFloat) lane.number[0] = value.number;
  if (lane.type.kind == Kind::kText) {
    lane.owned = std::make_shared<std::string>(value.text);
    lane.text[0] = *lane.owned;
  }
  return lane;
}

Value ValueAt(const Lane& lane, size_t row) {
  Value value;
  value.type = lane.type;
  value.is_null = !lane.IsValid(row);
  const size_t at = lane.At(row);
  if (value.is_null) return value;
  if (lane.type.kind == Kind::kBool) value.truth = static_cast<Truth>(lane.truth[at]);
  if (lane.type.kind == Kind::kExact) value.exact = lane.exact[at];
  if (lane.type.kind == Kind::kFloat) value.number = lane.number[at];
  if (lane.type.kind == Kind::kText) value.text = lane.text[at];
  return value;
}

void TextRows::Finish() {
  size_t begin = 0;
  for (size_t row = 0; row < ends_.size(); row++) {
    lane_.text[row] = std::string_view(*bytes_).substr(begin, ends_[row] - begin);
    begin = ends_[row];
  }
  lane_.owned = std::move(bytes_);
}

}  // namespace squire::where
