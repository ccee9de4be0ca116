#include "table/key_set.h"

#include <gtest/gtest.h>

#include "io/faulty.h"
#include "io/memory.h"
#include "table/commit.h"
#include "table/fragment_writer.h"

namespace squire::table {
namespace {

constexpr char kRoot[] = "/t.lance";
constexpr int kFragments = 20, kRows = 500;

Schema KeySchema() { return {{{"key", TypeId::kString, true, {}}}, {}}; }

Array Keys(std::span<const std::string> keys) {
  ArrayBuilder builder(TypeId::kString);
  for (const std::string& key : keys) builder.AppendText(key);
  return *builder.Finish();
}

class KeySetTest : public testing::Test {
 protected:
  KeySetTest() {
    EXPECT_TRUE(CreateTable(files_, kRoot, KeySchema(), {}));
    for (int i = 0; i < kFragments; i++) AppendFragment(i);
  }

  /// Rows "<i>/<row>", every 7th without a key.
  void AppendFragment(int i) {
    const auto base = *Snapshot::Open(files_, kRoot);
    ArrayBuilder keys(TypeId::kString);
    for (int row = 0; row < kRows; row++) {
      if (row % 7 == 6)
        keys.AppendNull();
      else
        keys.AppendText(std::to_string(i) + "/" + std::to_string(row));
    }
    FragmentWriter writer(fs_, base->paths(), KeySchema(), base->manifest().fields(), {.names = *base->NewNames()});
    ASSERT_TRUE(writer.Write({KeySchema(), {*keys.Finish()}, kRows}));
    Change change;
    change.kind = Change::Kind::kAppend;
    change.new_fragments = *writer.Finish();
    ASSERT_TRUE(Commit(base, std::move(change)));
  }

  std::vector<uint64_t> Find(std::span<const std::string> keys) {
    const auto snapshot = *Snapshot::Open(files_, kRoot);
    const Array wanted = Keys(keys);
    const auto found = FindRows(*snapshot, "key", wanted.type, *KeySet::Of(wanted));
    EXPECT_TRUE(found) << found.error().ToString();
    std::vector<uint64_t> out;
    for (const auto& [id, rows] : *found)
      for (uint64_t row = 0; row < rows.num_rows(); row++)
        if (rows.Contains(row)) out.push_back(RowAddress(id, row));
    return out;
  }

  MemoryFileSystem memory_;
  FaultyFileSystem fs_{memory_};
  std::shared_ptr<FileCache> files_ = std::make_shared<FileCache>(fs_, 4);
};

TEST_F(KeySetTest, ColumnsThatWereReadAreNotReadAgain) {
  const std::string keys[] = {"3/0", "17/499", "nowhere", "3/5", "3/6"};  // the last is a row without a key
  const std::vector<uint64_t> expected = {RowAddress(3, 0), RowAddress(3, 5), RowAddress(17, 499)};
  const auto reads = [&] { return fs_.calls()[FileCall::kRead]; };
  EXPECT_EQ(Find(keys), expected);
  const int64_t first = reads();
  EXPECT_EQ(Find(keys), expected);
  const int64_t second = reads() - first;
  EXPECT_LE(second, 12) << "of two fragments and a manifest, not of " << kFragments;
  AppendFragment(kFragments);
  const std::string later[] = {std::to_string(kFragments) + "/1", "3/0"};
  EXPECT_EQ(Find(later), (std::vector<uint64_t>{RowAddress(3, 0), RowAddress(kFragments, 1)}));
}

TEST_F(KeySetTest, HashesOnlySayWhereToLook) {
  const std::string keys[] = {"a", "b", "a"};
  const Array array = Keys(keys);
  const KeySet set = *KeySet::Of(array);
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.Contains("a") && set.ContainsHash(KeySet::Hash("a")));
  EXPECT_FALSE(set.Contains("c") || set.ContainsHash(KeySet::Hash("c")));
}

}  // namespace
}  // namespace squire::table
