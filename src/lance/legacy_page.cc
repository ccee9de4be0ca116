#include "lance/legacy_page.h"

#include <optional>

#include "base/bits.h"
#include "base/bytes.h"
#include "lance/fsst.h"
#include "lance/values.h"

namespace squire::lance {
namespace {

using Encoding = pb20::ArrayEncoding;

Error Unknown(const Encoding& encoding, const std::string& path) {
  return Unsupported("encoding " + std::to_string(encoding.array_encoding_case()) + " of version 2.0 is not read here",
                     path);
}

/// Reads parts of one page through its encodings. The recursion is bounded: protobuf refuses deep messages.
class LegacyReader {
 public:
  LegacyReader(const PageBuffers& buffers, bool is_dictionary_type)
      : buffers_(buffers), is_dictionary_type_(is_dictionary_type) {}

  Result<Array> Read(const Encoding& encoding, const DataType& type, int64_t first, int64_t count) const {
    switch (encoding.array_encoding_case()) {
      case Encoding::kNullable: return ReadNullable(encoding.nullable(), type, first, count);
      case Encoding::kFlat: {
        Values values;
        values.bits = encoding.flat().bits_per_value();
        values.count = count;
        values.data.Append(TRY(ReadFlat(encoding.flat(), first, count)));
        return ToArray(std::move(values), type, {});
      }
      case Encoding::kFixedSizeList: return ReadFixedSizeList(encoding.fixed_size_list(), type, first, count);
      case Encoding::kFixedSizeBinary: return ReadFixedSizeBinary(encoding.fixed_size_binary(), type, first, count);
      case Encoding::kBinary: return ReadBinary(encoding.binary(), type, first, count, nullptr);
      case Encoding::kDictionary: return ReadDictionary(encoding.dictionary(), type, first, count);
      case Encoding::kFsst: {
        if (!encoding.fsst().binary().has_binary()) return Unknown(encoding, buffers_.path);
        const auto fsst = TRY(FsstDecoder::Parse(AsBytes(encoding.fsst().symbol_table())));
        return ReadBinary(encoding.fsst().binary().binary(), type, first, count, &fsst);
      }
      default: return Unknown(encoding, buffers_.path);
    }
  }

  /// Whole numbers of any width.
  Result<std::vector<uint64_t>> ReadNumbers(const Encoding& encoding, int64_t first, int64_t count) const {
    const Encoding* inner = &encoding;
    for (int i = 0; inner->has_nullable(); i++) {
      if (i > 4 || !inner->nullable().has_no_nulls()) return Unknown(*inner, buffers_.path);
      inner = &inner->nullable().no_nulls().values();
    }
    if (!inner->has_flat()) return Unknown(*inner, buffers_.path);
    Values values;
    values.bits = inner->flat().bits_per_value();
    if (values.bits != 8 && values.bits != 16 && values.bits != 32 && values.bits != 64)
      return Corruption("numbers of " + std::to_string(values.bits) + " bits", buffers_.path);
    values.data.Append(TRY(ReadFlat(inner->flat(), first, count)));
    std::vector<uint64_t> numbers(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; i++) numbers[static_cast<size_t>(i)] = values.Number(i);
    return numbers;
  }

 private:
  Result<Array> ReadNullable(const pb20::Nullable& nullable, const DataType& type, int64_t first, int64_t count) const {
    if (nullable.has_no_nulls()) return Read(nullable.no_nulls().values(), type, first, count);
    if (nullable.has_all_nulls()) return NullArray(type, count);
    Array values = TRY(Read(nullable.some_nulls().values(), type, first, count));
    const Array valid = TRY(Read(nullable.some_nulls().validity(), TypeId::kBool, first, count));
    std::vector<uint8_t> bytes(static_cast<size_t>(count));
    for (int64_t row = 0; row < count; row++)
      bytes[static_cast<size_t>(row)] = valid.Bit(row) && values.IsValid(row) ? 1 : 0;
    if (values.offset != 0) return Corruption("validity of a page that does not begin with its values", buffers_.path);
    values.validity = PackBits(bytes);
    return values;
  }

  [[nodiscard]] Result<Buffer> ReadBuffer(const pb20::BufferRef& ref, uint64_t from, uint64_t size) const {
    if (ref.buffer_type() != 0) return Unsupported("buffers outside their page", buffers_.path);
    return buffers_.Read(ref.buffer_index(), from, size);
  }

  /// The bytes of values [first, first + count), bits moved to the front.
  Result<std::vector<uint8_t>> ReadFlat(const pb20::Flat& flat, int64_t first, int64_t count) const {
    if (!flat.compression().scheme().empty() && flat.compression().scheme() != "none")
      return Unsupported("buffers compressed by " + flat.compression().scheme() + " in version 2.0", buffers_.path);
    const uint64_t bits = flat.bits_per_value();
    const auto from = static_cast<uint64_t>(first), rows = static_cast<uint64_t>(count);
    if (bits == 1) {
      const uint64_t begin = from / 8;
      const Buffer bytes = TRY(ReadBuffer(flat.buffer(), begin, CeilDiv(from + rows, 8) - begin));
      std::vector<uint8_t> out(CeilDiv(rows, 8));
      for (uint64_t i = 0; i < rows; i++) {
        const uint64_t bit = from + i - begin * 8;
        out[i / 8] |= static_cast<uint8_t>(((bytes.data()[bit / 8] >> (bit % 8)) & 1) << (i % 8));
      }
      return out;
    }
    if (bits == 0 || bits % 8 != 0 || bits > (1u << 24))
      return Corruption("flat values of " + std::to_string(bits) + " bits", buffers_.path);
    const Buffer bytes = TRY(ReadBuffer(flat.buffer(), from * (bits / 8), rows * (bits / 8)));
    return std::vector<uint8_t>(bytes.data(), bytes.data() + bytes.size());
  }

  Result<Array> ReadFixedSizeList(const pb20::FixedSizeList& list, const DataType& type, int64_t first,
                                  int64_t count) const {
    if (type.id != TypeId::kFixedSizeList || list.dimension() != static_cast<uint32_t>(type.width))
      return Corruption("lists of " + std::to_string(list.dimension()) + " for " + type.ToString(), buffers_.path);
    Array out;
    out.type = type;
    out.length = count;
    out.children.push_back(TRY(Read(list.items(), type.children[0].type, first * type.width, count * type.width)));
    return out;
  }

  Result<Array> ReadFixedSizeBinary(const pb20::FixedSizeBinary& binary, const DataType& type, int64_t first,
                                    int64_t count) const {
    const auto width = int64_t{binary.byte_width()};
    if (!binary.bytes().has_flat() || binary.bytes().flat().bits_per_value() != 8)
      return Unknown(binary.bytes(), buffers_.path);
    const std::vector<uint8_t> bytes = TRY(ReadFlat(binary.bytes().flat(), first * width, count * width));
    Values values;
    if (type.bit_width() > 0) {
      values.bits = static_cast<uint64_t>(width) * 8;
      values.count = count;
      values.data.Append(bytes);
    } else {  // texts that happen to be of one length
      for (int64_t row = 0; row < count; row++)
        values.AppendText(Bytes(bytes).subspan(static_cast<size_t>(row * width), static_cast<size_t>(width)));
    }
    return ToArray(std::move(values), type, {});
  }

  /// Texts: ends of each, a null one's moved up by the adjustment; then all bytes.
  Result<Array> ReadBinary(const pb20::Binary& binary, const DataType& type, int64_t first, int64_t count,
                           const FsstDecoder* fsst) const {
    if (type.bit_width() != 0) return Corruption("texts for " + type.ToString(), buffers_.path);
    if (!binary.bytes().has_flat()) return Unknown(binary.bytes(), buffers_.path);
    const int64_t before = first > 0 ? 1 : 0;
    std::vector<uint64_t> ends = TRY(ReadNumbers(binary.indices(), first - before, count + before));
    if (before == 0) ends.insert(ends.begin(), 0);
    const uint64_t adjustment = binary.null_adjustment();
    std::vector<uint8_t> validity(static_cast<size_t>(count), 1);
    for (size_t i = 0; i < ends.size(); i++) {
      if (adjustment == 0 || ends[i] < adjustment) continue;
      ends[i] -= adjustment;
      if (i > 0) validity[i - 1] = 0;
    }
    if (ends.back() < ends.front()) return Corruption("text offsets go back", buffers_.path);
    const std::vector<uint8_t> bytes = TRY(ReadFlat(binary.bytes().flat(), static_cast<int64_t>(ends.front()),
                                                    static_cast<int64_t>(ends.back() - ends.front())));
    Values values;
    for (size_t i = 1; i < ends.size(); i++) {
      if (ends[i] < ends[i - 1] || ends[i] > ends.back()) return Corruption("text offsets go back", buffers_.path);
      const Bytes text = Bytes(bytes).subspan(ends[i - 1] - ends.front(), ends[i] - ends[i - 1]);
      if (fsst == nullptr) {
        values.AppendText(text);
      } else {
        TRY(fsst->Decode(text, values.data));
        values.EndText();
      }
    }
    return ToArray(std::move(values), type, validity);
  }

  /// Indices into items. Where the writer chose the dictionary itself, 0 is null and entries count from 1.
  Result<Array> ReadDictionary(const pb20::Dictionary& dictionary, const DataType& type, int64_t first,
                               int64_t count) const {
    const int64_t items_count = dictionary.num_dictionary_items();
    const std::vector<uint64_t> indices = TRY(ReadNumbers(dictionary.indices(), first, count));
    const Array items = TRY(Read(dictionary.items(), type, 0, items_count));
    const uint64_t base = is_dictionary_type_ ? 0 : 1;
    std::vector<int64_t> rows;
    std::vector<uint8_t> validity;
    for (uint64_t index : indices) {
      const bool valid = index >= base;
      if (valid && index - base >= static_cast<uint64_t>(items_count))
        return Corruption("entry " + std::to_string(index) + " of a dictionary of " + std::to_string(items_count),
                          buffers_.path);
      rows.push_back(valid ? static_cast<int64_t>(index - base) : 0);
      validity.push_back(valid && items.IsValid(rows.back()) ? 1 : 0);
    }
    if (items_count == 0) return NullArray(type, count);
    Array out = TRY(TakeRows(items, rows));
    out.validity = PackBits(validity);
    return out;
  }

  const PageBuffers& buffers_;
  bool is_dictionary_type_;
};

class LegacyLeaf : public PageReader {
 public:
  LegacyLeaf(PageBuffers buffers, pb20::ArrayEncoding encoding, DataType type, bool is_dictionary_type)
      : buffers_(std::move(buffers)),
        encoding_(std::move(encoding)),
        type_(std::move(type)),
        is_dictionary_type_(is_dictionary_type) {}

  [[nodiscard]] Result<Array> Read(int64_t first, int64_t count) const override {
    return LegacyReader(buffers_, is_dictionary_type_).Read(encoding_, type_, first, count);
  }

 private:
  PageBuffers buffers_;
  pb20::ArrayEncoding encoding_;
  DataType type_;
  bool is_dictionary_type_;
};

}  // namespace

Result<std::unique_ptr<PageReader>> OpenLegacyLeaf(PageBuffers buffers, pb20::ArrayEncoding encoding,
                                                   const DataType& type, int64_t num_rows, bool is_dictionary_type) {
  if (num_rows > (int64_t{1} << 32)) return Corruption("a page of over 2^32 rows", buffers.path);
  return std::unique_ptr<PageReader>(
      std::make_unique<LegacyLeaf>(std::move(buffers), std::move(encoding), type, is_dictionary_type));
}

Result<LegacyLists> ReadLegacyLists(const PageBuffers& buffers, const pb20::ArrayEncoding& encoding, int64_t first,
                                    int64_t count) {
  if (!encoding.has_list()) return Unknown(encoding, buffers.path);
  const pb20::List& list = encoding.list();
  const int64_t before = first > 0 ? 1 : 0;
  std::vector<uint64_t> ends =
      TRY(LegacyReader(buffers, false).ReadNumbers(list.offsets(), first - before, count + before));
  const uint64_t adjustment = list.null_offset_adjustment();
  LegacyLists out;
  uint64_t last = 0;
  for (size_t i = 0; i < ends.size(); i++) {
    const bool is_null = adjustment != 0 && ends[i] >= adjustment;
    const uint64_t end = is_null ? ends[i] - adjustment : ends[i];
    if (end < last || end > list.num_items()) return Corruption("list offsets leave their items", buffers.path);
    last = end;
    if (i == 0 && before == 1) {
      out.first_item = static_cast<int64_t>(end);
      continue;
    }
    out.ends.push_back(static_cast<int64_t>(end));
    out.validity.push_back(is_null ? 0 : 1);
  }
  return out;
}

}  // namespace squire::lance
