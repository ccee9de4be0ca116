#include "upkeep/row_ids.h"

#include <gtest/gtest.h>

#include "lance/proto/row_ids.pb.h"

namespace squire::upkeep {
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

}  // namespace
}  // namespace squire::upkeep
