// Indexes of vectors and words whose files are damaged: a deep check finds it, a repair makes them anew as they were.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/table_impl.h"
#include "index/vector/ivf_files.h"
#include "io/faulty.h"
#include "io/memory.h"
#include "upkeep/repair.h"
#include "upkeep/verify.h"

namespace squire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kRoot[] = "/t.lance";
constexpr int32_t kDim = 16;
constexpr int64_t kRows = 400;

class IndexRescueTest : public testing::Test {
 protected:
  void SetUp() override {
    DataType vectors(TypeId::kFixedSizeList);
    vectors.width = kDim;
    vectors.children.push_back({"item", TypeId::kFloat, true, {}});
    const Schema schema{
        {{"text", TypeId::kString, true, {}}, {"path", TypeId::kString, true, {}}, {"v", vectors, true, {}}}, {}};
    Table table = *TableAccess::Create(fs_, kRoot, schema);
    for (int64_t first = 0; first < kRows; first += kRows / 2)
      ASSERT_TRUE(table.Append(Rows(schema, first, kRows / 2)));
    ASSERT_TRUE(table.Delete("text = 'word17 of row 17'"));
  }

  static Batch Rows(const Schema& schema, int64_t first, int64_t count) {
    ArrayBuilder texts(TypeId::kString), paths(TypeId::kString), vectors(schema.fields[2].type);
    uint64_t state = static_cast<uint64_t>(first) + 1;
    for (int64_t i = first; i < first + count; i++) {
      const std::string number = std::to_string(i);
      texts.AppendText("word" + number + " of row " + number);
      paths.AppendText("src/file" + number + ".cc");
      std::vector<float> values(kDim);
      for (float& value : values) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        value = static_cast<float>(state >> 40) / static_cast<float>(1 << 24) - 0.3f;
      }
      vectors.AppendItems<float>(values);
    }
    return {schema, {*texts.Finish(), *paths.Finish(), *vectors.Finish()}, count};
  }

  [[nodiscard]] Table Open() { return *TableAccess::Open(fs_, kRoot); }
  [[nodiscard]] std::string FolderOf(const std::string& index) {
    for (const IndexInfo& info : Open().Indexes())
      if (info.name == index) return std::string(kRoot) + "/_indices/" + info.uuid;
    return {};
  }
  [[nodiscard]] std::vector<std::string> Problems() {
    return upkeep::VerifyTable(fs_, kRoot, {.deep = true, .progress = {}})->problems;
  }
  RepairReport MustRepair() {
    auto report = upkeep::Repair(fs_, kRoot);
    EXPECT_TRUE(report) << report.error().ToString();
    return report ? *std::move(report) : RepairReport();
  }
  void Damage(const std::string& path, bool is_gone) {
    auto bytes = *ReadWholeFile(fs_, path);
    ASSERT_TRUE(fs_.Remove(path));
    if (is_gone) return;
    bytes.resize(bytes.size() / 2);
    ASSERT_TRUE(fs_.Replace(path, bytes));
  }

  /// The index of vectors written anew in its place, after `change` was done to the codes of each partition.
  template <class Change>
  void Rewrite(Change change) {
    const std::string folder = FolderOf("v_idx");
    const auto files = std::make_shared<table::FileCache>(fs_, 4);
    const vector::IvfReader before = *vector::IvfReader::Open(files, folder);
    const size_t partitions = before.centers().count();
    ASSERT_TRUE(fs_.CreateFolders("/other"));
    auto writer = *vector::IvfWriter::Create(fs_, "/other", before.quantizer(), before.centers());
    for (size_t i = 0; i < partitions; i++) {
      vector::CodeRows rows = *before.Read(i);
      change(i, rows);
      ASSERT_TRUE(writer.AddPartition(rows));
    }
    ASSERT_TRUE(writer.Finish());
    for (const char* name : {"/index.idx", "/auxiliary.idx"}) {
      ASSERT_TRUE(fs_.Replace(folder + name, *ReadWholeFile(fs_, std::string("/other") + name)));
      ASSERT_TRUE(fs_.Remove(std::string("/other") + name));
    }
  }

  MemoryFileSystem fs_;
};

const VectorIndexOptions kVectors = {.metric = Metric::kDot, .partitions = 7, .bits = 4};

TEST_F(IndexRescueTest, CodesThatAreNotThoseOfTheColumnAreFound) {
  ASSERT_TRUE(Open().CreateVectorIndex("v", kVectors));
  EXPECT_THAT(Problems(), IsEmpty());
  Rewrite([](size_t, vector::CodeRows&) {});
  EXPECT_THAT(Problems(), IsEmpty());
  const std::pair<const char*, std::function<void(vector::CodeRows&)>> changes[] = {
      {"codes of 2 rows", [](auto& rows) { std::swap(rows.addresses[0], rows.addresses[1]); }},
      {"twice", [](auto& rows) { rows.addresses[0] = rows.addresses[1]; }},
      {"which has", [](auto& rows) { rows.addresses[0] = 5000; }},
      {"never was", [](auto& rows) { rows.addresses[0] = uint64_t{99} << 32; }},
      {"codes of 1 rows", [](auto& rows) { rows.signs[0] ^= 32; }},
      {"codes of 1 rows", [](auto& rows) { rows.extra[3] ^= 2; }},
      {"codes of 1 rows", [](auto& rows) { rows.scale_extra[2] *= 1.01f; }},
      {"codes of 1 rows", [](auto& rows) { rows.add[2] += 1; }},
      {"codes of 1 rows", [](auto& rows) { rows.error[2] = std::nanf(""); }},
  };
  for (const auto& [found, change] : changes) {
    Rewrite([&](size_t partition, vector::CodeRows& rows) {
      if (partition == 3) change(rows);
    });
    EXPECT_THAT(Problems(), ElementsAre(HasSubstr(found)));
    const RepairReport done = MustRepair();
    ASSERT_EQ(done.indexes.size(), 1u);
    EXPECT_TRUE(done.indexes[0].is_rebuilt);
    EXPECT_THAT(Problems(), IsEmpty());
  }
}

TEST_F(IndexRescueTest, AnIndexOfVectorsIsMadeAnewAsItWas) {
  ASSERT_TRUE(Open().CreateVectorIndex("v", kVectors));
  for (const char* name : {"/index.idx", "/auxiliary.idx"}) {
    for (const bool is_gone : {true, false}) {
      Damage(FolderOf("v_idx") + name, is_gone);
      EXPECT_EQ(Problems().size(), 1u);
      const RepairReport done = MustRepair();
      ASSERT_EQ(done.indexes.size(), 1u);
      EXPECT_TRUE(done.indexes[0].is_rebuilt);
      EXPECT_THAT(Problems(), IsEmpty());
      const auto index = vector::IvfReader::Open(std::make_shared<table::FileCache>(fs_, 4), FolderOf("v_idx"));
      ASSERT_TRUE(index);
      EXPECT_EQ(index->quantizer().metric(), simd::Metric::kDot);
      EXPECT_EQ(index->quantizer().shape().bits, 4u);
      EXPECT_EQ(index->num_rows(), static_cast<uint64_t>(kRows - 1));
      const bool knows_centers = std::string_view(name) == "/auxiliary.idx";
      EXPECT_EQ(index->centers().count(), knows_centers ? 7u : 3u) << "else by the number of rows";
      ASSERT_TRUE(Open().CreateVectorIndex("v", kVectors));
    }
  }
}

TEST_F(IndexRescueTest, AnIndexOfWordsIsMadeAnewAsItWas) {
  const std::string one[] = {"text"}, both[] = {"text", "path"};
  ASSERT_TRUE(Open().CreateTextIndex(one, {.with_position = true, .stem = false}, "one"));
  ASSERT_TRUE(Open().CreateTextIndex(both, {.base_tokenizer = "code1"}, "both"));
  for (const std::string index : {"one", "both"}) {
    for (size_t file = 0; file < fs_.List(FolderOf(index))->size(); file++) {
      const std::string name = (*fs_.List(FolderOf(index)))[file].name;
      SCOPED_TRACE(index + " " + name);
      Damage(FolderOf(index) + "/" + name, /*is_gone=*/true);
      EXPECT_EQ(Problems().size(), 1u);
      const RepairReport done = MustRepair();
      ASSERT_EQ(done.indexes.size(), 1u);
      EXPECT_THAT(Problems(), IsEmpty());
      // How words are cut is told by the manifest, too, where Lance has a place for it.
      const bool is_told = index == "one" || name != "metadata.lance";
      EXPECT_EQ(done.indexes[0].is_rebuilt, is_told) << done.indexes[0].why;
      EXPECT_EQ(FolderOf(index).empty(), !is_told);
      if (is_told) {
        TextSearchOptions options;
        options.limit = 3;
        EXPECT_EQ(Open().TextSearch("word123", options)->size(), 1u);
        EXPECT_EQ(Open().TextSearch("\"row 123\"", options)->size(), 1u);
      } else {
        ASSERT_TRUE(Open().CreateTextIndex(both, {.base_tokenizer = "code1"}, "both"));
      }
    }
  }
}

TEST_F(IndexRescueTest, NothingIsDroppedForAFaultThatPasses) {
  const std::string both[] = {"text", "path"};
  ASSERT_TRUE(Open().CreateTextIndex(both, {.base_tokenizer = "code1"}, "both"));
  ASSERT_TRUE(Open().CreateVectorIndex("v", kVectors));
  Damage(FolderOf("v_idx") + "/auxiliary.idx", /*is_gone=*/true);
  Damage(FolderOf("both") + "/part_0_tokens.lance", /*is_gone=*/true);
  for (const auto& [fault, step] : {std::pair(Fault::kIo, 2), {Fault::kTooManyFiles, 5}}) {
    for (int64_t at = 1;; at += step) {
      ASSERT_LT(at, 2000);
      const auto disk = fs_.Clone();
      FaultyFileSystem faulty(*disk);
      faulty.Arm({fault, at, /*persistent=*/false, 3});
      const auto done = upkeep::Repair(faulty, kRoot);
      const bool is_last = faulty.injected().empty();
      faulty.Disarm();
      SCOPED_TRACE(std::string(FaultName(fault)) + " at call " + std::to_string(at));
      for (const auto& index : done ? done->indexes : std::vector<RepairReport::RepairedIndex>())
        EXPECT_TRUE(index.is_rebuilt) << index.why;
      ASSERT_TRUE(upkeep::Repair(*disk, kRoot));
      const auto report = upkeep::VerifyTable(*disk, kRoot, {.deep = true, .progress = {}});
      EXPECT_THAT(report->problems, IsEmpty());
      EXPECT_EQ(report->indexes, 2u);
      EXPECT_EQ(disk->open_handles(), 0);
      if (is_last) break;
    }
  }
}

}  // namespace
}  // namespace squire
