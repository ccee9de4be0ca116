#include "lance/deletion_file.h"

#include <bit>

namespace squire::lance {

bool RowSet::Add(uint64_t row) {
  uint64_t& word = words_[row >> 6];
  const uint64_t bit = uint64_t{1} << (row & 63);
  if ((word & bit) != 0) return false;
  word |= bit;
  count_++;
  return true;
}

void RowSet::AddAll(const RowSet& other) {
  count_ = 0;
  for (size_t i = 0; i < words_.size(); i++) {
    if (i < other.words_.size()) words_[i] |= other.words_[i];
    count_ += static_cast<uint64_t>(std::popcount(words_[i]));
  }
}

void RowSet::RemoveAll(const RowSet& other) {
  count_ = 0;
  for (size_t i = 0; i < words_.size(); i++) {
    words_[i] &= ~other.words_[i];
    count_ += static_cast<uint64_t>(std::popcount(words_[i]));
  }
}

bool RowSet::Intersects(const RowSet& other) const {
  for (size_t i = 0; i < std::min(words_.size(), other.words_.size()); i++) {
    if ((words_[i] & other.words_[i]) != 0) return true;
  }
  return false;
}

namespace {

constexpr uint32_t kCookie = 12346;          // no run containers
constexpr uint32_t kCookieWithRuns = 12347;  // number of containers - 1 in the upper half
constexpr size_t kContainerRows = 1 << 16;
constexpr size_t kArrayRowsMax = 4096;
constexpr size_t kBitmapBytes = 8192;
constexpr uint32_t kOffsetsFrom = 4;  // with runs, the offset table is left out below this many containers

}  // namespace

std::vector<uint8_t> SerializeRoaring(const RowSet& rows) {
  struct Container {
    uint16_t key;
    std::vector<uint16_t> values;
  };
  std::vector<Container> containers;
  for (size_t i = 0; i < rows.words().size(); i++) {
    for (uint64_t word = rows.words()[i]; word != 0; word &= word - 1) {
      const uint64_t row = i * 64 + static_cast<uint64_t>(std::countr_zero(word));
      const auto key = static_cast<uint16_t>(row >> 16);
      if (containers.empty() || containers.back().key != key) containers.push_back({key, {}});
      containers.back().values.push_back(static_cast<uint16_t>(row));
    }
  }
  std::vector<uint8_t> out;
  Put<uint32_t>(out, kCookie);
  Put<uint32_t>(out, static_cast<uint32_t>(containers.size()));
  for (const Container& container : containers) {
    Put<uint16_t>(out, container.key);
    Put<uint16_t>(out, static_cast<uint16_t>(container.values.size() - 1));
  }
  size_t offset = 8 + 8 * containers.size();
  for (const Container& container : containers) {
    Put<uint32_t>(out, static_cast<uint32_t>(offset));
    offset += container.values.size() <= kArrayRowsMax ? 2 * container.values.size() : kBitmapBytes;
  }
  for (const Container& container : containers) {
    if (container.values.size() <= kArrayRowsMax) {
      for (uint16_t value : container.values) Put(out, value);
      continue;
    }
    const size_t start = out.size();
    out.resize(start + kBitmapBytes);
    for (uint16_t value : container.values) out[start + value / 8] |= static_cast<uint8_t>(1u << (value % 8));
  }
  return out;
}

namespace {

Result<void> AddRow(RowSet& rows, uint64_t row) {
  if (row >= rows.num_rows())
    return Corruption("row " + std::to_string(row) + " is deleted in a fragment of " + std::to_string(rows.num_rows()));
  rows.Add(row);
  return {};
}

Result<void> ParseRuns(ByteReader& reader, uint64_t base, RowSet& rows) {
  const auto count = TRY(reader.Read<uint16_t>());
  for (uint16_t i = 0; i < count; i++) {
    const auto first = TRY(reader.Read<uint16_t>()), more = TRY(reader.Read<uint16_t>());
    for (uint32_t row = first; row <= uint32_t{first} + more; row++) TRY(AddRow(rows, base + row));
  }
  return {};
}

Result<void> ParseBitmap(ByteReader& reader, uint64_t base, RowSet& rows) {
  const Bytes bits = TRY(reader.Take(kBitmapBytes));
  for (size_t row = 0; row < kContainerRows; row++) {
    if ((bits[row / 8] >> (row % 8)) & 1) TRY(AddRow(rows, base + row));
  }
  return {};
}

}  // namespace

Result<RowSet> ParseRoaring(Bytes bytes, uint64_t num_rows) {
  ByteReader reader(bytes, "roaring bitmap");
  RowSet rows(num_rows);
  const auto cookie = TRY(reader.Read<uint32_t>());
  uint32_t count = 0;
  Bytes run_flags;
  if ((cookie & 0xffff) == kCookieWithRuns) {
    count = (cookie >> 16) + 1;
    run_flags = TRY(reader.Take(CeilDiv(count, 8)));
  } else if (cookie == kCookie) {
    count = TRY(reader.Read<uint32_t>());
  } else {
    return Corruption("a roaring bitmap begins with " + std::to_string(cookie));
  }
  if (count > kContainerRows) return Corruption("a roaring bitmap claims " + std::to_string(count) + " containers");
  const Bytes headers = TRY(reader.Take(uint64_t{count} * 4));
  if (run_flags.empty() || count >= kOffsetsFrom) (void)TRY(reader.Take(uint64_t{count} * 4));
  for (uint32_t i = 0; i < count; i++) {
    const uint64_t base = uint64_t{Load<uint16_t>(headers.data() + 4 * i)} << 16;
    const size_t cardinality = size_t{Load<uint16_t>(headers.data() + 4 * i + 2)} + 1;
    if (!run_flags.empty() && ((run_flags[i / 8] >> (i % 8)) & 1)) {
      TRY(ParseRuns(reader, base, rows));
    } else if (cardinality > kArrayRowsMax) {
      TRY(ParseBitmap(reader, base, rows));
    } else {
      for (size_t k = 0; k < cardinality; k++) TRY(AddRow(rows, base + TRY(reader.Read<uint16_t>())));
    }
  }
  return rows;
}

}  // namespace squire::lance
