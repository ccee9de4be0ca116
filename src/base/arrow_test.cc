// Arrays through Arrow's C structs and back, shared and not copied; wrong producers; errors over streams.
// What pyarrow and polars make of the same is in tests/python.

#include "squire/arrow.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/try.h"

namespace squire {
namespace {

template <class T>
Array Fixed(DataType type, std::initializer_list<T> values, int null_at = -1) {
  ArrayBuilder builder(std::move(type));
  int row = 0;
  for (T value : values) {
    if (row++ == null_at)
      builder.AppendNull();
    else
      builder.Append(value);
  }
  return *builder.Finish();
}

Array Texts(TypeId id, std::initializer_list<std::string_view> values, int null_at = -1) {
  ArrayBuilder builder{DataType(id)};
  int row = 0;
  for (std::string_view value : values) {
    if (row++ == null_at)
      builder.AppendNull();
    else
      builder.AppendText(value);
  }
  return *builder.Finish();
}

Array Lists(std::vector<int32_t> offsets, Array items) {
  Array out;
  out.type = TypeId::kList;
  out.type.children.push_back({"item", items.type, true, {}});
  out.length = static_cast<int64_t>(offsets.size()) - 1;
  std::vector<uint8_t> bytes(offsets.size() * 4);
  std::memcpy(bytes.data(), offsets.data(), bytes.size());
  out.buffers.push_back(Buffer::Of(std::move(bytes)));
  out.children.push_back(std::move(items));
  return out;
}

Array Struct(std::vector<std::pair<std::string, Array>> children) {
  Array out;
  out.type = TypeId::kStruct;
  out.length = children[0].second.length;
  for (auto& [name, child] : children) {
    out.type.children.push_back({name, child.type, true, {}});
    out.children.push_back(std::move(child));
  }
  return out;
}

/// An exported array with its schema, both released at the end.
struct Exported {
  explicit Exported(const Array& from, const std::string& name = "x") {
    EXPECT_TRUE(ExportField({name, from.type, true, {}}, &schema));
    EXPECT_TRUE(ExportArray(from, &array));
  }
  ~Exported() {
    if (array.release != nullptr) array.release(&array);
    if (schema.release != nullptr) schema.release(&schema);
  }
  Exported(const Exported&) = delete;
  Exported& operator=(const Exported&) = delete;

  ArrowSchema schema = {};
  ArrowArray array = {};
};

Array RoundTrip(const Array& from) {
  Exported exported(from);
  auto back = ImportArray(&exported.array, exported.schema);
  EXPECT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(exported.array.release, nullptr);
  return back ? *std::move(back) : Array();
}

DataType Timed(TypeId id, std::string unit, std::string zone = "") {
  DataType type(id);
  type.unit = std::move(unit);
  type.zone = std::move(zone);
  return type;
}

TEST(ArrowTest, EveryTypeKeepsItsName) {
  DataType decimal(TypeId::kDecimal128), wide(TypeId::kDecimal256), binary(TypeId::kFixedBinary);
  decimal.precision = 19, decimal.scale = -3;
  wide.precision = 76, wide.scale = 10;
  binary.width = 7;
  std::vector<DataType> types = {Timed(TypeId::kTimestamp, "us", "Europe/Berlin"),
                                 Timed(TypeId::kTimestamp, "ns"),
                                 Timed(TypeId::kTime32, "ms"),
                                 Timed(TypeId::kTime64, "ns"),
                                 Timed(TypeId::kDuration, "s"),
                                 decimal,
                                 wide,
                                 binary,
                                 VectorType(384),
                                 ListOf(ListOf(DataType(TypeId::kHalfFloat)))};
  for (int id = 0; id <= static_cast<int>(TypeId::kLargeBinary); id++) {
    const auto type = static_cast<TypeId>(id);
    const bool has_parts = type == TypeId::kTime32 || type == TypeId::kTime64 || type == TypeId::kTimestamp ||
                           type == TypeId::kDuration || type == TypeId::kDecimal128 || type == TypeId::kDecimal256 ||
                           type == TypeId::kFixedBinary;
    if (!has_parts) types.emplace_back(type);
  }
  Schema schema{{}, {{"key", "value"}, {"empty", ""}}};
  for (const DataType& type : types) schema.fields.push_back({"f" + type.ToString(), type, false, {{"k", "v\0w"}}});
  schema.fields[0].nullable = true;
  ArrowSchema exported = {};
  ASSERT_TRUE(ExportSchema(schema, &exported));
  auto back = ImportSchema(exported);
  ASSERT_TRUE(back) << back.error().ToString();
  EXPECT_EQ(*back, schema);
  exported.release(&exported);
  EXPECT_EQ(exported.release, nullptr);
}

TEST(ArrowTest, ValuesAreSharedAndOffsetsKept) {
  const Array numbers = Fixed<int64_t>(TypeId::kInt64, {1, 2, 3, 4, 5}, 2);
  const Array back = RoundTrip(numbers.Slice(1, 3));
  EXPECT_EQ(back.buffers[0].data(), numbers.buffers[0].data());
  EXPECT_EQ(back.length, 3);
  EXPECT_EQ(back.values<int64_t>()[0], 2);
  EXPECT_FALSE(back.IsValid(1));
  EXPECT_EQ(back.values<int64_t>()[2], 4);
  const Array texts = RoundTrip(Texts(TypeId::kLargeString, {"a", "bc", "", "def"}, 0).Slice(1, 3));
  EXPECT_EQ(texts.Text(0), "bc");
  EXPECT_EQ(texts.Text(2), "def");
  EXPECT_EQ(RoundTrip(Texts(TypeId::kString, {})).length, 0);
  EXPECT_EQ(RoundTrip(Fixed<double>(TypeId::kDouble, {})).length, 0);
}

TEST(ArrowTest, NestedSlicesKeepTheirRows) {
  Array pair = Struct({{"n", Fixed<int32_t>(TypeId::kInt32, {1, 2, 3, 4}, 3)},
                       {"l", Lists({0, 2, 2, 3, 5}, Texts(TypeId::kString, {"a", "b", "c", "d", "e"}, 4))}});
  pair.validity = Buffer::Of({0b1101});
  const Array back = RoundTrip(pair.Slice(1, 3));
  ASSERT_EQ(back.length, 3);
  EXPECT_FALSE(back.IsValid(0));
  EXPECT_TRUE(back.IsValid(1));
  EXPECT_EQ(back.children[0].values<int32_t>()[1], 3);
  EXPECT_FALSE(back.children[0].IsValid(2));
  const Array& lists = back.children[1];
  const auto* offsets = reinterpret_cast<const int32_t*>(lists.buffers[0].data()) + lists.offset;
  EXPECT_EQ(offsets[2] - offsets[1], 1);
  EXPECT_EQ(lists.children[0].Text(offsets[1]), "c");
}

TEST(ArrowTest, ImportAddsAStructsOffsetToItsChildren) {
  Exported exported(Struct({{"n", Fixed<int32_t>(TypeId::kInt32, {10, 11, 12, 13})}}));
  exported.array.offset = 2;
  exported.array.length = 2;
  auto back = ImportArray(&exported.array, exported.schema);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->children[0].values<int32_t>()[0], 12);
}

TEST(ArrowTest, AChildOutlivesItsParent) {
  Exported exported(Struct({{"s", Texts(TypeId::kString, {"kept"})}}));
  ArrowArray child = *exported.array.children[0];
  exported.array.children[0]->release = nullptr;
  exported.array.release(&exported.array);
  EXPECT_STREQ(std::string(static_cast<const char*>(child.buffers[2]), 4).c_str(), "kept");
  child.release(&child);
}

TEST(ArrowTest, ViewsAndDictionariesComeInPlain) {
  const std::string longer = "a text of more than twelve bytes";
  std::vector<uint8_t> views(32);
  views[0] = 2, views[4] = 'h', views[5] = 'i';
  views[16] = static_cast<uint8_t>(longer.size() - 2), views[28] = 2;  // buffer 0, from byte 2
  const int64_t sizes[] = {static_cast<int64_t>(longer.size())};
  const void* buffers[] = {nullptr, views.data(), longer.data(), sizes};
  const auto ignore_array = [](ArrowArray* self) { self->release = nullptr; };
  const auto ignore_schema = [](ArrowSchema* self) { self->release = nullptr; };
  ArrowSchema schema = {"vu", "v", nullptr, 2, 0, nullptr, nullptr, ignore_schema, nullptr};
  ArrowArray array = {2, 0, 0, 4, 0, buffers, nullptr, nullptr, ignore_array, nullptr};
  auto texts = ImportArray(&array, schema);
  ASSERT_TRUE(texts) << texts.error().ToString();
  EXPECT_EQ(texts->type.id, TypeId::kString);
  EXPECT_EQ(texts->Text(0), "hi");
  EXPECT_EQ(texts->Text(1), longer.substr(2));
  views[28] = 3;  // one byte past the end
  array = {2, 0, 0, 4, 0, buffers, nullptr, nullptr, ignore_array, nullptr};
  EXPECT_EQ(ImportArray(&array, schema).error().code, Code::kInvalidArgument);

  Exported values(Texts(TypeId::kString, {"zero", "one"}));
  const uint8_t indices[] = {1, 0, 1, 2};
  const void* index_buffers[] = {nullptr, indices};
  ArrowSchema coded = {"c", "d", nullptr, 2, 0, nullptr, &values.schema, ignore_schema, nullptr};
  ArrowArray codes = {3, 0, 0, 2, 0, index_buffers, nullptr, &values.array, ignore_array, nullptr};
  auto plain = ImportArray(&codes, coded);
  ASSERT_TRUE(plain) << plain.error().ToString();
  EXPECT_EQ(plain->Text(0), "one");
  codes = {4, 0, 0, 2, 0, index_buffers, nullptr, &values.array, ignore_array, nullptr};
  EXPECT_EQ(ImportArray(&codes, coded).error().code, Code::kInvalidArgument) << "index 2 of 2 values";
}

TEST(ArrowTest, MisalignedValuesAreCopied) {
  alignas(8) uint8_t bytes[17] = {};
  bytes[1] = 7;
  Exported exported(Fixed<int64_t>(TypeId::kInt64, {0, 0}));
  exported.array.buffers[1] = bytes + 1;
  auto back = ImportArray(&exported.array, exported.schema);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->values<int64_t>()[0], 7);
}

TEST(ArrowTest, WrongProducersAreRefused) {
  const Array texts = Texts(TypeId::kString, {"a", "b"});
  const auto refused = [](const Array& from, auto&& spoil) {
    Exported exported(from);
    spoil(exported);
    auto back = ImportArray(&exported.array, exported.schema);
    EXPECT_EQ(exported.array.release, nullptr) << "taken over all the same";
    return !back && back.error().code == Code::kInvalidArgument;
  };
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.length = -1; }));
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.offset = int64_t{1} << 62; }));
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.n_buffers = 2; }));
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.buffers[1] = nullptr; }));
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.buffers[2] = nullptr; }));
  static const int32_t backwards[] = {0, 5, 1}, negative[] = {-1, 0, 1};
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.buffers[1] = backwards; }));
  EXPECT_TRUE(refused(texts, [](Exported& e) { e.array.buffers[1] = negative; }));
  const Array lists = Lists({0, 1, 2}, Fixed<int8_t>(TypeId::kInt8, {1, 2}));
  EXPECT_TRUE(refused(lists, [](Exported& e) { e.array.children[0]->length = 1; }));
  EXPECT_TRUE(refused(lists, [](Exported& e) { e.array.n_children = 0; }));
  EXPECT_TRUE(refused(lists, [](Exported& e) { e.array.n_buffers = 1; }));
  const Array rows = Struct({{"n", Fixed<int32_t>(TypeId::kInt32, {1, 2})}});
  EXPECT_TRUE(refused(rows, [](Exported& e) { e.array.length = 3; }));
}

TEST(ArrowTest, RefusesTypesByNameAndDepth) {
  const auto error = [](const char* format) {
    ArrowSchema schema = {format, "c", nullptr, 2, 0, nullptr, nullptr, [](ArrowSchema*) {}, nullptr};
    return ImportField(schema).error();
  };
  EXPECT_EQ(error("+ud:1,2").code, Code::kUnsupported);
  EXPECT_NE(error("+m").message.find("'c': a map"), std::string::npos) << error("+m").message;
  EXPECT_EQ(error("d:5,2,64").code, Code::kUnsupported);
  for (const char* format :
       {"", "q", "+w", "+w:", "+w:-1", "+w:9999999999", "d:", "d:1", "d:99,2", "tsq:", "ts", "w:x"})
    EXPECT_EQ(error(format).code, Code::kInvalidArgument) << format;
  DataType deep(TypeId::kInt8);
  for (int level = 0; level < 40; level++) deep = ListOf(deep);
  ArrowSchema schema = {};
  ASSERT_TRUE(ExportField({"deep", deep, true, {}}, &schema));
  EXPECT_EQ(ImportField(schema).error().code, Code::kInvalidArgument);
  schema.release(&schema);
}

TEST(ArrowTest, StreamsCarryBatchesAndErrors) {
  const Schema schema{{{"n", TypeId::kInt32, true, {}}}, {{"k", "v"}}};
  int calls = 0;
  ArrowArrayStream stream = {};
  ASSERT_TRUE(ExportStream(
      schema,
      [&]() -> Result<std::optional<Batch>> {
        if (calls++ == 2) return Error{Code::kNoSpace, "no room", "there", ENOSPC, true};
        return std::optional(Batch{schema, {Fixed<int32_t>(TypeId::kInt32, {calls, 9})}, 2});
      },
      &stream));
  auto reader = BatchStream::Import(&stream);
  EXPECT_EQ(stream.release, nullptr);
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->schema(), schema);
  EXPECT_EQ((**reader->Next()).columns[0].values<int32_t>()[0], 1);
  const Batch second = **reader->Next();
  auto failed = reader->Next();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kIo);
  EXPECT_EQ(failed.error().os_errno, ENOSPC);
  EXPECT_NE(failed.error().message.find("NoSpace: no room (there)"), std::string::npos);
  EXPECT_EQ(second.columns[0].values<int32_t>()[0], 2) << "a batch outlives the next call";
}

TEST(ArrowTest, BatchRowsCannotBeNull) {
  Array rows = Struct({{"n", Fixed<int32_t>(TypeId::kInt32, {1, 2})}});
  rows.validity = Buffer::Of({0b01});
  Exported exported(rows);
  EXPECT_EQ(ImportBatch(&exported.array, exported.schema).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace squire
