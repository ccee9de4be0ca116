#include "lance/legacy_encoder.h"

#include "base/bytes.h"
#include "base/type_kinds.h"
#include "lance/text_dictionary.h"

namespace squire::lance {
namespace {

using Encoding = pb20::ArrayEncoding;

/// One page in the making: encodings name its buffers by number.
class PageMaker {
 public:
  void AddFlat(Encoding& encoding, uint64_t bits, std::vector<uint8_t> bytes) {
    encoding.mutable_flat()->set_bits_per_value(bits);
    encoding.mutable_flat()->mutable_buffer()->set_buffer_index(static_cast<uint32_t>(page_.buffers.size()));
    page_.buffers.push_back(Buffer::Of(std::move(bytes)));
  }
  [[nodiscard]] Encoding& root() { return page_.encoding; }
  LegacyEncoded Finish(int64_t num_rows) {
    page_.num_rows = num_rows;
    return std::move(page_);
  }

 private:
  LegacyEncoded page_;
};

std::vector<uint8_t> Bits(int64_t count, auto is_set) {
  std::vector<uint8_t> bits(CeilDiv(static_cast<uint64_t>(count), 8));
  for (int64_t row = 0; row < count; row++)
    if (is_set(row)) bits[static_cast<size_t>(row >> 3)] |= static_cast<uint8_t>(1u << (row & 7));
  return bits;
}

/// Where nulls are, and the encoding of the values below.
Encoding& AddNulls(PageMaker& page, Encoding& encoding, const Array& rows) {
  if (rows.null_count() == 0) return *encoding.mutable_nullable()->mutable_no_nulls()->mutable_values();
  auto* some = encoding.mutable_nullable()->mutable_some_nulls();
  page.AddFlat(*some->mutable_validity(), 1, Bits(rows.length, [&](int64_t row) { return rows.IsValid(row); }));
  return *some->mutable_values();
}

/// Ends of the rows, counted from the first; a null one's is moved up by `adjustment`.
std::vector<uint8_t> Ends(const Array& rows, uint64_t adjustment, auto size_of) {
  std::vector<uint8_t> out;
  uint64_t end = 0;
  for (int64_t row = 0; row < rows.length; row++) {
    const bool valid = rows.IsValid(row);
    if (valid) end += size_of(row);
    Put<uint64_t>(out, end + (valid ? 0 : adjustment));
  }
  return out;
}

void AddTexts(PageMaker& page, Encoding& encoding, const Array& rows) {
  std::vector<uint8_t> bytes;
  for (int64_t row = 0; row < rows.length; row++) {
    if (!rows.IsValid(row)) continue;
    const std::string_view text = rows.Text(row);
    bytes.insert(bytes.end(), text.begin(), text.end());
  }
  auto* binary = encoding.mutable_binary();
  binary->set_null_adjustment(bytes.size() + 1);
  page.AddFlat(*binary->mutable_indices()->mutable_nullable()->mutable_no_nulls()->mutable_values(), 64,
               Ends(rows, bytes.size() + 1, [&](int64_t row) { return rows.Text(row).size(); }));
  page.AddFlat(*binary->mutable_bytes(), 8, std::move(bytes));
}

/// Entries, the last of which stands for null, and a number a row.
Result<LegacyEncoded> EncodeDictionaryColumn(const Array& rows, const DictionaryKeys& keys) {
  TextDictionary dictionary;
  for (int64_t row = 0; row < rows.length; row++)
    if (rows.IsValid(row)) dictionary.Add(rows.Text(row));
  ArrayBuilder entries(rows.type);
  for (std::string_view entry : dictionary.entries()) entries.AppendText(entry);
  const size_t null_number = dictionary.entries().size();
  entries.AppendNull();
  TRY(CheckEntries(static_cast<size_t>(entries.length()), keys));
  std::vector<uint8_t> numbers;
  size_t next = 0;
  for (int64_t row = 0; row < rows.length; row++) {
    const uint64_t number = rows.IsValid(row) ? dictionary.indices()[next++] : null_number;
    const auto* raw = reinterpret_cast<const uint8_t*>(&number);  // little-endian: the low bytes come first
    numbers.insert(numbers.end(), raw, raw + keys.bits / 8);
  }
  PageMaker page;
  auto* encoding = page.root().mutable_dictionary();
  encoding->set_num_dictionary_items(static_cast<uint32_t>(entries.length()));
  page.AddFlat(*encoding->mutable_indices()->mutable_nullable()->mutable_no_nulls()->mutable_values(),
               static_cast<uint64_t>(keys.bits), std::move(numbers));
  AddTexts(page, *encoding->mutable_items(), TRY(entries.Finish()));
  return page.Finish(rows.length);
}

Result<LegacyEncoded> EncodeLeaf(const Array& rows, const std::optional<DictionaryKeys>& keys) {
  const DataType& type = rows.type;
  if (keys) return EncodeDictionaryColumn(rows, *keys);
  PageMaker page;
  if (IsText(type.id)) {
    AddTexts(page, page.root(), rows);
    return page.Finish(rows.length);
  }
  if (type.id == TypeId::kBool) {
    page.AddFlat(AddNulls(page, page.root(), rows), 1, Bits(rows.length, [&](int64_t row) { return rows.Bit(row); }));
    return page.Finish(rows.length);
  }
  const bool is_list = type.id == TypeId::kFixedSizeList;
  const DataType& item = is_list ? type.children[0].type : type;
  if (item.bit_width() <= 0 || item.bit_width() % 8 != 0 || item.id == TypeId::kFixedSizeList)
    return Unsupported("columns of type " + type.ToString() + " cannot be written to a table of version 2.0");
  Encoding* values = &AddNulls(page, page.root(), rows);
  const Array items = is_list ? rows.children[0].Slice(rows.offset * type.width, rows.length * type.width) : rows;
  if (is_list) {
    values->mutable_fixed_size_list()->set_dimension(static_cast<uint32_t>(type.width));
    values = &AddNulls(page, *values->mutable_fixed_size_list()->mutable_items(), items);
  }
  const auto width = static_cast<size_t>(item.bit_width() / 8);
  const uint8_t* from = items.buffers[0].data() + static_cast<size_t>(items.offset) * width;
  std::vector<uint8_t> bytes(from, from + static_cast<size_t>(items.length) * width);
  page.AddFlat(*values, width * 8, std::move(bytes));
  return page.Finish(rows.length);
}

/// The items of lists that are not null, side by side.
Result<Array> ItemsOf(const Array& lists) {
  std::vector<int64_t> items;
  for (int64_t row = 0; row < lists.length; row++)
    for (int64_t at = lists.ListStart(row); lists.IsValid(row) && at < lists.ListStart(row + 1); at++)
      items.push_back(at);
  return TakeRows(lists.children[0], items);
}

// The recursion follows the type, whose depth is limited where schemas are checked.
Result<void> Encode(const Array& rows, std::span<const std::optional<DictionaryKeys>> keys,
                    std::vector<LegacyEncoded>& out) {
  if (IsLeaf(rows.type)) {
    out.push_back(TRY(EncodeLeaf(rows, keys[out.size()])));
    return {};
  }
  if (rows.type.id == TypeId::kStruct) {
    if (rows.null_count() > 0) return Unsupported("null structs cannot be written to a table of version 2.0");
    PageMaker page;
    page.root().mutable_struct_();
    out.push_back(page.Finish(rows.length));
    for (const Array& child : rows.children) TRY(Encode(child.Slice(0, rows.length), keys, out));
    return {};
  }
  const Array items = TRY(ItemsOf(rows));
  PageMaker page;
  const auto adjustment = static_cast<uint64_t>(items.length) + 1;
  auto* list = page.root().mutable_list();
  list->set_null_offset_adjustment(adjustment);
  list->set_num_items(static_cast<uint64_t>(items.length));
  page.AddFlat(*list->mutable_offsets()->mutable_nullable()->mutable_no_nulls()->mutable_values(), 64,
               Ends(rows, adjustment,
                    [&](int64_t row) { return static_cast<uint64_t>(rows.ListStart(row + 1) - rows.ListStart(row)); }));
  out.push_back(page.Finish(rows.length));
  return Encode(items, keys, out);
}

}  // namespace

size_t LegacyColumnCount(const DataType& type) {
  size_t count = 1;
  if (IsLeaf(type)) return count;
  for (const Field& child : type.children) count += LegacyColumnCount(child.type);
  return count;
}

Result<std::vector<LegacyEncoded>> EncodeLegacy(const Array& rows,
                                                std::span<const std::optional<DictionaryKeys>> keys) {
  std::vector<LegacyEncoded> out;
  TRY(Encode(rows, keys, out));
  return out;
}

}  // namespace squire::lance
