// Data files round: what is written is read back, by range and by row, over pages and chunks.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "lance/file_reader.h"
#include "lance/file_writer.h"
#include "lance/logical_type.h"

namespace squire::lance {
namespace {

std::string TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "squire_lance_XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

Schema TestSchema() {
  return Schema{{{"id", TypeId::kString, false, {}},
                 {"line", TypeId::kInt32, false, {}},
                 {"flag", TypeId::kBool, true, {}},
                 {"text", TypeId::kLargeString, true, {}},
                 {"vector", VectorType(24), true, {}}},
                {}};
}

Batch TestBatch(int64_t first, int64_t count) {
  std::mt19937 random(static_cast<uint32_t>(first));
  const Schema schema = TestSchema();
  ArrayBuilder id(schema.fields[0].type), line(schema.fields[1].type), flag(schema.fields[2].type),
      text(schema.fields[3].type), vector(schema.fields[4].type);
  for (int64_t i = first; i < first + count; i++) {
    id.AppendText("row-" + std::to_string(i));
    line.Append(static_cast<int32_t>(i));
    if (i % 7 == 0)
      flag.AppendNull();
    else
      flag.AppendBool(i % 3 == 0);
    if (i % 5 == 0)
      text.AppendNull();
    else
      text.AppendText(std::string(random() % 1500, static_cast<char>('a' + i % 26)));
    if (i % 11 == 0)
      vector.AppendNull();
    else
      vector.AppendItems<float>(std::vector<float>(24, static_cast<float>(i)));
  }
  Batch batch{schema, {}, count};
  for (ArrayBuilder* builder : {&id, &line, &flag, &text, &vector}) batch.columns.push_back(*builder->Finish());
  return batch;
}

void ExpectEqual(const Array& got, const Array& want, int64_t want_row) {
  ASSERT_EQ(got.type, want.type);
  for (int64_t row = 0; row < got.length; row++) {
    ASSERT_EQ(got.IsValid(row), want.IsValid(want_row + row)) << "row " << row;
    if (!got.IsValid(row)) continue;
    switch (got.type.id) {
      case TypeId::kBool: ASSERT_EQ(got.Bit(row), want.Bit(want_row + row)); break;
      case TypeId::kInt32:
        ASSERT_EQ(got.values<int32_t>()[static_cast<size_t>(row)],
                  want.values<int32_t>()[static_cast<size_t>(want_row + row)]);
        break;
      case TypeId::kFixedSizeList: ASSERT_EQ(got.Items<float>(row)[3], want.Items<float>(want_row + row)[3]); break;
      default: ASSERT_EQ(got.Text(row), want.Text(want_row + row));
    }
  }
}

class FileTest : public testing::TestWithParam<FileWriterOptions> {
 protected:
  ~FileTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = TemporaryFolder();
};

TEST_P(FileTest, RoundTrip) {
  constexpr int64_t kRows = 10'000;
  const std::string path = folder_ + "/x.lance";
  const Schema schema = TestSchema();
  auto writer = FileWriter::Create(PosixFileSystem(), path, schema, *ToFields(schema), GetParam());
  ASSERT_TRUE(writer) << writer.error().ToString();
  for (int64_t first = 0; first < kRows; first += 1000) ASSERT_TRUE((*writer)->Write(TestBatch(first, 1000)));
  auto written = (*writer)->Finish();
  ASSERT_TRUE(written) << written.error().ToString();
  EXPECT_EQ(written->num_rows, kRows);
  EXPECT_EQ(written->size_bytes, std::filesystem::file_size(path));

  auto reader = FileReader::Open(PosixFileSystem(), path);
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ((*reader)->num_rows(), kRows);
  for (size_t column = 0; column < schema.fields.size(); column++) {
    const ColumnTree tree{schema.fields[column].type, static_cast<int32_t>(column), false, {}};
    for (auto [first, count] : {std::pair<int64_t, int64_t>{0, 1000}, {999, 2}, {4321, 79}, {9000, 1000}}) {
      auto got = (*reader)->Read(tree, first, count);
      ASSERT_TRUE(got) << got.error().ToString();
      ASSERT_EQ(got->length, count);
      for (int64_t row = 0; row < count;) {
        const int64_t block = (first + row) / 1000 * 1000;
        const int64_t rows = std::min(count - row, block + 1000 - first - row);
        ExpectEqual(got->Slice(row, rows), TestBatch(block, 1000).columns[column], first + row - block);
        row += rows;
      }
    }
    const std::vector<int64_t> rows = {0, 1, 2, 500, 3999, 4000, 9999};
    auto taken = (*reader)->Take(tree, rows);
    ASSERT_TRUE(taken) << taken.error().ToString();
    for (size_t i = 0; i < rows.size(); i++) {
      const int64_t block = rows[i] / 1000 * 1000;
      ExpectEqual(taken->Slice(static_cast<int64_t>(i), 1), TestBatch(block, 1000).columns[column], rows[i] - block);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, FileTest,
                         testing::Values(FileWriterOptions{.page_bytes = 1}, FileWriterOptions{.page_bytes = 40'000},
                                         FileWriterOptions{}, FileWriterOptions{.dense_texts = true},
                                         FileWriterOptions{.page_bytes = 40'000, .dense_texts = true}));

TEST(LogicalTypeTest, RoundTrip) {
  for (const char* name : {"string", "large_binary", "int64", "halffloat", "date32:day", "timestamp:us:UTC",
                           "timestamp:ns:-", "timestamp:ms:+02:00", "fixed_size_list:float:384", "fixed_size_binary:16",
                           "decimal:128:20:2", "time64:us", "duration:ms", "list", "struct"}) {
    EXPECT_EQ(*LogicalTypeName(ParseLogicalType(name)), name);
  }
  for (const char* name : {"map", "fixed_size_list:float:-1", "dict:string:int32", "blob_v9"}) {
    EXPECT_EQ(ParseLogicalType(name).id, TypeId::kUnknown);
    EXPECT_EQ(*LogicalTypeName(ParseLogicalType(name)), name);
  }
  EXPECT_EQ(ParseLogicalType("dict:timestamp:us:UTC:int32:false").zone, "UTC");
}

TEST(LogicalTypeTest, TreeRoundTrip) {
  DataType inner(TypeId::kStruct);
  inner.children = {{"a", TypeId::kInt64, true, {}}, {"b", ListOf(TypeId::kString), true, {}}};
  const Schema schema{
      {{"s", inner, true, {{"k", "v"}}}, {"l", ListOf(inner), true, {}}, {"x", TypeId::kBool, false, {}}}, {}};
  auto fields = ToFields(schema);
  ASSERT_TRUE(fields);
  auto back = FromFields(*fields);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, schema);
}

}  // namespace
}  // namespace squire::lance
