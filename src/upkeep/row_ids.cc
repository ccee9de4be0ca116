#include "upkeep/row_ids.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "lance/parse_message.h"
#include "lance/proto/row_ids.pb.h"

namespace squire::upkeep {
namespace {

constexpr uint64_t kIdsEnd = std::numeric_limits<uint64_t>::max();

Result<RowIdSpan> ParseArray(const pb::IdArray& array) {
  std::string_view bytes;
  uint64_t base = 0;
  size_t width = 8;
  switch (array.array_case()) {
    case pb::IdArray::kU16Array: bytes = array.u16_array().offsets(), base = array.u16_array().base(), width = 2; break;
    case pb::IdArray::kU32Array: bytes = array.u32_array().offsets(), base = array.u32_array().base(), width = 4; break;
    case pb::IdArray::kU64Array: bytes = array.u64_array().values(); break;
    default: return RowIdSpan();
  }
  if (bytes.size() % width != 0) return Corruption("an array of row ids is cut off");
  RowIdSpan out{bytes.size() / width, 0};
  for (size_t at = 0; at < bytes.size(); at += width) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data()) + at;
    const uint64_t offset = width == 2   ? Load<uint16_t>(data)
                            : width == 4 ? Load<uint32_t>(data)
                                         : Load<uint64_t>(data);
    if (offset >= kIdsEnd - base) return Corruption("a row id is over 64 bits");
    out.end = std::max(out.end, base + offset + 1);
  }
  return out;
}

Result<RowIdSpan> ParseSegment(const pb::IdSegment& segment) {
  const auto span = [](uint64_t start, uint64_t end, uint64_t missing) -> Result<RowIdSpan> {
    if (end < start || missing > end - start) return Corruption("a range of row ids ends before it begins");
    return RowIdSpan{end - start - missing, end};
  };
  switch (segment.segment_case()) {
    case pb::IdSegment::kRange: return span(segment.range().start(), segment.range().end(), 0);
    case pb::IdSegment::kRangeWithHoles: {
      const auto& range = segment.range_with_holes();
      return span(range.start(), range.end(), TRY(ParseArray(range.holes())).count);
    }
    case pb::IdSegment::kRangeWithBitmap: {
      const auto& range = segment.range_with_bitmap();
      uint64_t there = 0;
      for (char byte : range.bitmap()) there += static_cast<uint64_t>(std::popcount(static_cast<uint8_t>(byte)));
      if (range.end() < range.start() || there > range.end() - range.start())
        return Corruption("a bitmap holds more row ids than its range");
      return RowIdSpan{there, range.end()};
    }
    case pb::IdSegment::kSortedArray: return ParseArray(segment.sorted_array());
    case pb::IdSegment::kArray: return ParseArray(segment.array());
    default: return RowIdSpan();
  }
}

}  // namespace

Result<RowIdSpan> ParseRowIds(Bytes bytes) {
  pb::RowIdSequence sequence;
  if (!lance::ParseMessage(bytes, sequence)) return Corruption("the row ids do not parse");
  RowIdSpan out;
  for (const pb::IdSegment& segment : sequence.segments()) {
    const RowIdSpan part = TRY(ParseSegment(segment));
    if (part.count > kIdsEnd - out.count) return Corruption("over 2^64 row ids");
    out.count += part.count;
    if (part.count > 0) out.end = std::max(out.end, part.end);
  }
  return out;
}

}  // namespace squire::upkeep
