#include "base/arrow_type.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/try.h"

namespace squire::arrow {
namespace {

constexpr std::pair<TypeId, std::string_view> kPlain[] = {
    {TypeId::kNull, "n"},        {TypeId::kBool, "b"},     {TypeId::kInt8, "c"},      {TypeId::kUInt8, "C"},
    {TypeId::kInt16, "s"},       {TypeId::kUInt16, "S"},   {TypeId::kInt32, "i"},     {TypeId::kUInt32, "I"},
    {TypeId::kInt64, "l"},       {TypeId::kUInt64, "L"},   {TypeId::kHalfFloat, "e"}, {TypeId::kFloat, "f"},
    {TypeId::kDouble, "g"},      {TypeId::kBinary, "z"},   {TypeId::kString, "u"},    {TypeId::kLargeBinary, "Z"},
    {TypeId::kLargeString, "U"}, {TypeId::kDate32, "tdD"}, {TypeId::kDate64, "tdm"},  {TypeId::kList, "+l"},
    {TypeId::kLargeList, "+L"},  {TypeId::kStruct, "+s"},  {TypeId::kString, "vu"},   {TypeId::kBinary, "vz"},
};

constexpr std::pair<std::string_view, std::string_view> kRefused[] = {
    {"+ud", "a dense union"},   {"+us", "a sparse union"}, {"+m", "a map"},
    {"+r", "run-end encoding"}, {"+vl", "a list view"},    {"+vL", "a large list view"},
    {"tiM", "an interval"},     {"tiD", "an interval"},    {"tin", "an interval"},
};

constexpr std::pair<std::string_view, char> kUnits[] = {{"s", 's'}, {"ms", 'm'}, {"us", 'u'}, {"ns", 'n'}};

constexpr int32_t kMetadataEntriesMax = 1 << 16;
constexpr int32_t kMetadataBytesMax = 64 << 20;

Result<std::string> WithUnit(const char* prefix, const DataType& type) {
  for (const auto& [unit, letter] : kUnits) {
    if (type.unit == unit) return std::string(prefix) + letter;
  }
  return Unsupported("the time unit '" + type.unit + "' is not one of Arrow's");
}

Error NoFormat(std::string_view format) {
  return InvalidArgument("'" + std::string(format.substr(0, 64)) + "' is no Arrow format");
}

/// The integers of "19,10" or "384". ERRORS: InvalidArgument unless there are between 1 and `max` of them.
Result<std::vector<int32_t>> Numbers(std::string_view format, std::string_view text, size_t max) {
  std::vector<int32_t> out;
  for (const char *at = text.data(), *end = at + text.size();;) {
    int32_t number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc() || out.size() == max) return NoFormat(format);
    out.push_back(number);
    if (after == end) return out;
    if (*after != ',') return NoFormat(format);
    at = after + 1;
  }
}

Result<DataType> ParseDecimal(std::string_view format) {
  const auto numbers = TRY(Numbers(format, format.substr(2), 3));
  if (numbers.size() < 2) return NoFormat(format);
  const int32_t bits = numbers.size() == 3 ? numbers[2] : 128;
  if (bits != 128 && bits != 256) return Unsupported("a decimal of " + std::to_string(bits) + " bits");
  DataType type(bits == 128 ? TypeId::kDecimal128 : TypeId::kDecimal256);
  type.precision = numbers[0];
  type.scale = numbers[1];
  if (type.precision < 1 || type.precision > (bits == 128 ? 38 : 76))
    return InvalidArgument("a decimal of " + std::to_string(type.precision) + " digits");
  return type;
}

/// "w:16", "+w:384".
Result<DataType> ParseSized(TypeId id, std::string_view format) {
  DataType type(id);
  type.width = TRY(Numbers(format, format.substr(format.find(':') + 1), 1))[0];
  if (type.width < 0) return NoFormat(format);
  return type;
}

/// "tsu:UTC", "tDm", "ttn": time, with the unit third.
Result<DataType> ParseTime(std::string_view format) {
  DataType type;
  const char unit = format.size() > 2 ? format[2] : 0;
  for (const auto& [name, letter] : kUnits) {
    if (letter == unit) type.unit = name;
  }
  if (type.unit.empty()) return NoFormat(format);
  if (format.starts_with("ts") && format.size() > 3 && format[3] == ':') {
    type.id = TypeId::kTimestamp;
    type.zone = format.substr(4);
  } else if (format.starts_with("tD") && format.size() == 3) {
    type.id = TypeId::kDuration;
  } else if (format.starts_with("tt") && format.size() == 3) {
    type.id = unit == 's' || unit == 'm' ? TypeId::kTime32 : TypeId::kTime64;
  } else {
    return NoFormat(format);
  }
  return type;
}

}  // namespace

Result<std::string> FormatOf(const DataType& type) {
  for (const auto& [id, format] : kPlain) {
    if (id == type.id) return std::string(format);
  }
  switch (type.id) {
    case TypeId::kTimestamp: return TRY(WithUnit("ts", type)) + ":" + type.zone;
    case TypeId::kDuration: return WithUnit("tD", type);
    case TypeId::kTime32:
    case TypeId::kTime64: return WithUnit("tt", type);
    case TypeId::kFixedBinary: return "w:" + std::to_string(type.width);
    case TypeId::kFixedSizeList: return "+w:" + std::to_string(type.width);
    case TypeId::kDecimal128: return "d:" + std::to_string(type.precision) + "," + std::to_string(type.scale);
    case TypeId::kDecimal256: return "d:" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ",256";
    default: return Unsupported("type " + type.ToString() + " cannot be handed over as Arrow");
  }
}

Result<DataType> ParseFormat(const char* format) {
  if (format == nullptr) return InvalidArgument("an Arrow schema has no format, or was released");
  const std::string_view text = format;
  for (const auto& [id, name] : kPlain) {
    if (text == name) return DataType(id);
  }
  for (const auto& [prefix, name] : kRefused) {
    if (text.starts_with(prefix)) return Unsupported(std::string(name) + " is not supported as a column type");
  }
  if (text.starts_with("d:")) return ParseDecimal(text);
  if (text.starts_with("w:")) return ParseSized(TypeId::kFixedBinary, text);
  if (text.starts_with("+w:")) return ParseSized(TypeId::kFixedSizeList, text);
  if (text.starts_with("t")) return ParseTime(text);
  return NoFormat(text);
}

bool IsView(const char* format) { return format[0] == 'v'; }

std::string PackMetadata(const Metadata& metadata) {
  if (metadata.empty()) return {};
  std::string out;
  Put(out, static_cast<int32_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    for (const std::string* part : {&key, &value}) {
      Put(out, static_cast<int32_t>(part->size()));
      out += *part;
    }
  }
  return out;
}

Result<Metadata> UnpackMetadata(const char* packed) {
  Metadata out;
  if (packed == nullptr) return out;
  int64_t bytes = 0;
  const auto number = [&] {
    packed += sizeof(int32_t);
    return Load<int32_t>(packed - sizeof(int32_t));
  };
  const int32_t entries = number();
  if (entries < 0 || entries > kMetadataEntriesMax) return InvalidArgument("Arrow metadata of too many entries");
  for (int32_t i = 0; i < entries; i++) {
    std::string parts[2];
    for (std::string& part : parts) {
      const int32_t size = number();
      if (size < 0 || (bytes += size) > kMetadataBytesMax) return InvalidArgument("Arrow metadata is too long");
      part.assign(packed, static_cast<size_t>(size));
      packed += size;
    }
    out[parts[0]] = std::move(parts[1]);
  }
  return out;
}

}  // namespace squire::arrow
