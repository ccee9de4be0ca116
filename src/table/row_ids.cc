#include "table/row_ids.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "lance/parse_message.h"
#include "lance/proto/row_ids.pb.h"

namespace squire::table {
namespace {

constexpr uint64_t kIdsEnd = std::numeric_limits<uint64_t>::max();
constexpr size_t kRangeMin = 4;        // fewer rows are listed
constexpr uint64_t kGapMax = 64;       // within a range; a hole takes a bit, an id in a list eight bytes
constexpr uint64_t kFirstVersion = 1;  // of rows that nothing is told of

/// Calls `take` with each number. ERRORS: Corruption; what it returns.
template <class Take>
Result<void> ForEach(const pb::IdArray& array, Take take) {
  std::string_view bytes;
  uint64_t base = 0;
  size_t width = 8;
  switch (array.array_case()) {
    case pb::IdArray::kU16Array: bytes = array.u16_array().offsets(), base = array.u16_array().base(), width = 2; break;
    case pb::IdArray::kU32Array: bytes = array.u32_array().offsets(), base = array.u32_array().base(), width = 4; break;
    case pb::IdArray::kU64Array: bytes = array.u64_array().values(); break;
    default: return {};
  }
  if (bytes.size() % width != 0) return Corruption("an array of row ids is cut off");
  for (size_t at = 0; at < bytes.size(); at += width) {
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data()) + at;
    const uint64_t offset = width == 2   ? Load<uint16_t>(data)
                            : width == 4 ? Load<uint32_t>(data)
                                         : Load<uint64_t>(data);
    if (offset >= kIdsEnd - base) return Corruption("a row id is over 64 bits");
    take(base + offset);
  }
  return {};
}

Result<RowIdSpan> ParseArray(const pb::IdArray& array) {
  RowIdSpan out;
  TRY(ForEach(array, [&](uint64_t id) {
    out.count++;
    out.end = std::max(out.end, id + 1);
  }));
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

/// REQUIRES: ParseSegment took it, and counted no more rows than memory has room for.
Result<void> Expand(const pb::IdSegment& segment, std::vector<uint64_t>& out) {
  switch (segment.segment_case()) {
    case pb::IdSegment::kRange:
      for (uint64_t id = segment.range().start(); id < segment.range().end(); id++) out.push_back(id);
      return {};
    case pb::IdSegment::kRangeWithHoles: {
      const auto& range = segment.range_with_holes();
      std::vector<uint64_t> holes;
      TRY(ForEach(range.holes(), [&](uint64_t id) { holes.push_back(id); }));
      std::ranges::sort(holes);
      auto hole = holes.begin();
      for (uint64_t id = range.start(); id < range.end(); id++) {
        while (hole != holes.end() && *hole < id) ++hole;
        if (hole == holes.end() || *hole != id) out.push_back(id);
      }
      return {};
    }
    case pb::IdSegment::kRangeWithBitmap: {
      const std::string& bits = segment.range_with_bitmap().bitmap();
      for (size_t i = 0; i < bits.size() * 8; i++)
        if (static_cast<uint8_t>(bits[i / 8]) >> (i % 8) & 1) out.push_back(segment.range_with_bitmap().start() + i);
      return {};
    }
    case pb::IdSegment::kSortedArray:
    case pb::IdSegment::kArray:
      return ForEach(segment.segment_case() == pb::IdSegment::kArray ? segment.array() : segment.sorted_array(),
                     [&](uint64_t id) { out.push_back(id); });
    default: return {};
  }
}

/// Where a stretch of ascending ids with small gaps ends that begins at `first`.
size_t EndOfStretch(std::span<const uint64_t> ids, size_t first) {
  size_t end = first + 1;
  while (end < ids.size() && ids[end] > ids[end - 1] && ids[end] - ids[end - 1] <= kGapMax) end++;
  return end;
}

void AppendNumber(std::string& out, uint64_t number, size_t width) {
  for (size_t i = 0; i < width; i++) out.push_back(static_cast<char>(number >> (8 * i)));
}

/// REQUIRES: a stretch.
void WriteStretch(std::span<const uint64_t> ids, pb::IdSegment& segment) {
  const uint64_t start = ids.front(), end = ids.back() + 1;
  if (end - start == ids.size()) {
    segment.mutable_range()->set_start(start);
    segment.mutable_range()->set_end(end);
    return;
  }
  auto* range = segment.mutable_range_with_bitmap();
  range->set_start(start);
  range->set_end(end);
  std::string& bits = *range->mutable_bitmap();
  bits.resize((end - start + 7) / 8);
  for (uint64_t id : ids) {
    char& byte = bits[(id - start) / 8];
    byte = static_cast<char>(static_cast<uint8_t>(byte) | 1U << ((id - start) % 8));
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

Result<std::vector<uint64_t>> ReadRowIds(Bytes bytes, uint64_t rows) {
  const RowIdSpan span = TRY(ParseRowIds(bytes));
  if (span.count != rows)
    return Corruption(std::to_string(span.count) + " row ids for " + std::to_string(rows) + " rows");
  pb::RowIdSequence sequence;
  if (!lance::ParseMessage(bytes, sequence)) return Corruption("the row ids do not parse");
  std::vector<uint64_t> ids;
  for (const pb::IdSegment& segment : sequence.segments()) TRY(Expand(segment, ids));
  if (ids.size() != rows) return Corruption("holes in the row ids lie outside of their range");
  return ids;
}

std::string WriteRowIds(std::span<const uint64_t> ids) {
  pb::RowIdSequence sequence;
  bool is_list = false;  // the last segment
  for (size_t at = 0; at < ids.size();) {
    const size_t end = EndOfStretch(ids, at);
    if (end - at >= kRangeMin) {
      WriteStretch(ids.subspan(at, end - at), *sequence.add_segments());
      is_list = false;
    } else {
      if (!is_list) sequence.add_segments();
      is_list = true;
      auto* list = sequence.mutable_segments(sequence.segments_size() - 1)->mutable_array()->mutable_u64_array();
      for (size_t i = at; i < end; i++) AppendNumber(*list->mutable_values(), ids[i], 8);
    }
    at = end;
  }
  return sequence.SerializeAsString();
}

Result<std::vector<uint64_t>> ReadRowVersions(Bytes bytes, uint64_t rows) {
  pb::RowVersionSequence sequence;
  if (!lance::ParseMessage(bytes, sequence)) return Corruption("the rows' versions do not parse");
  std::vector<uint64_t> versions;
  for (const pb::RowVersionRun& run : sequence.runs()) {
    const uint64_t count = TRY(ParseSegment(run.span())).count;
    if (count > rows - versions.size()) return Corruption("versions of more rows than there are");
    versions.insert(versions.end(), count, run.version());
  }
  if (versions.size() != rows) return Corruption("versions of fewer rows than there are");
  return versions;
}

std::string WriteRowVersions(std::span<const uint64_t> versions) {
  pb::RowVersionSequence sequence;
  for (size_t at = 0; at < versions.size();) {
    size_t end = at;
    while (end < versions.size() && versions[end] == versions[at]) end++;
    pb::RowVersionRun* run = sequence.add_runs();
    run->mutable_span()->mutable_range()->set_start(at);
    run->mutable_span()->mutable_range()->set_end(end);
    run->set_version(versions[at]);
    at = end;
  }
  return sequence.SerializeAsString();
}

Result<void> RowIdentities::Take(const pb::DataFragment& fragment, const lance::RowSet& deleted) {
  const uint64_t rows = fragment.physical_rows();
  if (!fragment.has_inline_row_ids())
    return Unsupported("the row ids of fragment " + std::to_string(fragment.id()) + " lie in a file of their own");
  const auto read_versions = [&](const std::string& bytes) -> Result<std::vector<uint64_t>> {
    if (bytes.empty()) return std::vector<uint64_t>(rows, kFirstVersion);
    return ReadRowVersions(AsBytes(bytes), rows);
  };
  const auto ids = TRY(ReadRowIds(AsBytes(fragment.inline_row_ids()), rows));
  const auto created = TRY(read_versions(fragment.inline_created_at_versions()));
  const auto updated = TRY(read_versions(fragment.inline_last_updated_at_versions()));
  for (uint64_t row = 0; row < rows; row++) {
    if (deleted.Contains(row)) continue;
    ids_.push_back(ids[row]);
    created_.push_back(created[row]);
    updated_.push_back(updated[row]);
  }
  return {};
}

void RowIdentities::Give(pb::DataFragment& fragment) {
  const size_t rows = fragment.physical_rows();
  const auto next = [&](const std::vector<uint64_t>& all) { return std::span(all).subspan(given_, rows); };
  fragment.set_inline_row_ids(WriteRowIds(next(ids_)));
  fragment.set_inline_created_at_versions(WriteRowVersions(next(created_)));
  fragment.set_inline_last_updated_at_versions(WriteRowVersions(next(updated_)));
  given_ += rows;
}

}  // namespace squire::table
