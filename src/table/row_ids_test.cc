#include "table/row_ids.h"

#include <gtest/gtest.h>

#include <random>

#include "lance/proto/row_ids.pb.h"

namespace squire::table {
namespace {

Result<RowIdSpan> Parse(const pb::RowIdSequence& sequence) {
  const std::string bytes = sequence.SerializeAsString();
  return ParseRowIds(AsBytes(bytes));
}

TEST(RowIdsTest, EveryFormIsCounted) {
  pb::RowIdSequence sequence;
  auto* range = sequence.add_segments()->mutable_range();
  range->set_start(10), range->set_end(20);
  auto* holes = sequence.add_segments()->mutable_range_with_holes();
  holes->set_start(100), holes->set_end(110);
  holes->mutable_holes()->mutable_u16_array()->set_base(100);
  holes->mutable_holes()->mutable_u16_array()->set_offsets(std::string("\1\0\2\0", 4));
  auto* bitmap = sequence.add_segments()->mutable_range_with_bitmap();
  bitmap->set_start(200), bitmap->set_end(208), bitmap->set_bitmap("\x81");
  auto* array = sequence.add_segments()->mutable_array()->mutable_u32_array();
  array->set_base(1000), array->set_offsets(std::string("\5\0\0\0\0\1\0\0", 8));
  const auto parsed = Parse(sequence);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->count, 10u + 8 + 2 + 2);
  EXPECT_EQ(parsed->end, 1257u);
}

TEST(RowIdsTest, WhatContradictsItselfIsCorrupt) {
  pb::RowIdSequence backwards, odd, overflow;
  backwards.add_segments()->mutable_range()->set_start(5);
  odd.add_segments()->mutable_array()->mutable_u64_array()->set_values("1234567");
  auto* array = overflow.add_segments()->mutable_sorted_array()->mutable_u16_array();
  array->set_base(UINT64_MAX), array->set_offsets(std::string("\1\0", 2));
  for (const auto* sequence : {&backwards, &odd, &overflow}) {
    const auto parsed = Parse(*sequence);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Code::kCorruption);
  }
  EXPECT_FALSE(ParseRowIds(AsBytes(std::string("\xff\xff"))));
}

TEST(RowIdsTest, EveryFormIsRead) {
  pb::RowIdSequence sequence;
  auto* range = sequence.add_segments()->mutable_range();
  range->set_start(10), range->set_end(13);
  auto* holes = sequence.add_segments()->mutable_range_with_holes();
  holes->set_start(100), holes->set_end(105);
  holes->mutable_holes()->mutable_u16_array()->set_base(100);
  holes->mutable_holes()->mutable_u16_array()->set_offsets(std::string("\3\0\1\0", 4));
  auto* bitmap = sequence.add_segments()->mutable_range_with_bitmap();
  bitmap->set_start(200), bitmap->set_end(208), bitmap->set_bitmap("\x83");
  sequence.add_segments()->mutable_sorted_array()->mutable_u64_array()->set_values(std::string("\7\0\0\0\0\0\0\0", 8));
  const std::string bytes = sequence.SerializeAsString();
  EXPECT_EQ(*ReadRowIds(AsBytes(bytes), 10), (std::vector<uint64_t>{10, 11, 12, 100, 102, 104, 200, 201, 207, 7}));
  EXPECT_EQ(ReadRowIds(AsBytes(bytes), 11).error().code, Code::kCorruption);
}

TEST(RowIdsTest, HolesOutsideOfTheirRangeAreCorrupt) {
  pb::RowIdSequence sequence;
  auto* holes = sequence.add_segments()->mutable_range_with_holes();
  holes->set_start(100), holes->set_end(105);
  holes->mutable_holes()->mutable_u16_array()->set_offsets(std::string("\3\0", 2));
  const std::string bytes = sequence.SerializeAsString();
  EXPECT_EQ(ReadRowIds(AsBytes(bytes), 4).error().code, Code::kCorruption);
}

TEST(RowIdsTest, WhatIsWrittenIsRead) {
  std::mt19937_64 random(3);
  for (const uint64_t keep : {1, 2, 10, 1000}) {
    std::vector<uint64_t> ids, versions;
    for (uint64_t id = 0; id < 300'000; id++)
      if (random() % keep != 0 || keep == 1) ids.push_back(id);
    for (int i = 0; i < 1000; i++) std::swap(ids[random() % ids.size()], ids[random() % ids.size()]);
    for (uint64_t id : ids) versions.push_back(1 + id / 1000 % 3);
    const std::string bytes = WriteRowIds(ids), version_bytes = WriteRowVersions(versions);
    EXPECT_EQ(*ReadRowIds(AsBytes(bytes), ids.size()), ids) << keep;
    EXPECT_EQ(*ReadRowVersions(AsBytes(version_bytes), ids.size()), versions) << keep;
    EXPECT_LT(bytes.size(), ids.size() * 3 + 64'000) << keep;
    EXPECT_FALSE(ReadRowVersions(AsBytes(version_bytes), ids.size() + 1));
    EXPECT_FALSE(ReadRowVersions(AsBytes(version_bytes), ids.size() - 1));
  }
  EXPECT_EQ(WriteRowIds(std::vector<uint64_t>{}), "");
}

TEST(RowIdsTest, IdentitiesGoWithTheirRows) {
  const auto fragment = [](uint64_t first, uint64_t rows, uint64_t version) {
    std::vector<uint64_t> ids, versions(rows, version);
    for (uint64_t i = 0; i < rows; i++) ids.push_back(first + i);
    pb::DataFragment out;
    out.set_physical_rows(rows);
    out.set_inline_row_ids(WriteRowIds(ids));
    if (version > 1) out.set_inline_created_at_versions(WriteRowVersions(versions));
    return out;
  };
  RowIdentities identities;
  lance::RowSet deleted(6);
  (void)deleted.Add(1);
  ASSERT_TRUE(identities.Take(fragment(10, 6, 1), deleted));
  ASSERT_TRUE(identities.Take(fragment(50, 3, 4), lance::RowSet(3)));
  EXPECT_EQ(identities.Take(pb::DataFragment(), lance::RowSet()).error().code, Code::kUnsupported);
  pb::DataFragment first, second;
  first.set_physical_rows(7), second.set_physical_rows(1);
  identities.Give(first), identities.Give(second);
  EXPECT_EQ(*ReadRowIds(AsBytes(first.inline_row_ids()), 7), (std::vector<uint64_t>{10, 12, 13, 14, 15, 50, 51}));
  EXPECT_EQ(*ReadRowVersions(AsBytes(first.inline_created_at_versions()), 7),
            (std::vector<uint64_t>{1, 1, 1, 1, 1, 4, 4}));
  EXPECT_EQ(*ReadRowIds(AsBytes(second.inline_row_ids()), 1), (std::vector<uint64_t>{52}));
}

}  // namespace
}  // namespace squire::table
