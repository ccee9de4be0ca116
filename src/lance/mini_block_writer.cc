#include "lance/mini_block_writer.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "simd/bitpack.h"

namespace squire::lance {
namespace {

constexpr int64_t kEntriesMax = 4096;  // of one chunk: its levels stay within 16 bits of size, and it within 32 KiB
constexpr uint8_t kPadding = 0xfe;     // what other writers pad with

pb21::CompressiveEncoding PackedLevels(unsigned width) {
  pb21::CompressiveEncoding out;
  out.mutable_out_of_line_bitpacking()->set_uncompressed_bits_per_value(16);
  out.mutable_out_of_line_bitpacking()->mutable_values()->mutable_flat()->set_bits_per_value(width);
  return out;
}

unsigned WidthFor(uint16_t highest) { return static_cast<unsigned>(std::bit_width(highest)); }

void PutSize(std::vector<uint8_t>& out, size_t size, bool large) {
  if (large)
    Put<uint32_t>(out, static_cast<uint32_t>(size));
  else
    Put<uint16_t>(out, static_cast<uint16_t>(size));
}

void PutPadded(std::vector<uint8_t>& out, std::span<const uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
  PadTo(out, 8, kPadding);
}

}  // namespace

std::vector<uint8_t> PackLevels(std::span<const uint16_t> levels, unsigned width) {
  std::vector<uint8_t> out;
  const size_t block_bytes = simd::PackedBytes(width);
  const auto pack = [&](std::span<const uint16_t> block) {
    out.resize(out.size() + block_bytes);
    const Bytes bytes(reinterpret_cast<const uint8_t*>(block.data()), block.size_bytes());
    (void)simd::Pack(bytes, 16, width, MutableBytes(out).last(block_bytes));  // sizes are right
  };
  for (; levels.size() >= simd::kPackedValues; levels = levels.subspan(simd::kPackedValues))
    pack(levels.first(simd::kPackedValues));
  if (levels.size_bytes() > block_bytes) {
    std::vector<uint16_t> padded(simd::kPackedValues);
    std::ranges::copy(levels, padded.begin());
    pack(padded);
  } else {  // readers tell a tail as it is from a padded block by its length
    const auto* raw = reinterpret_cast<const uint8_t*>(levels.data());
    out.insert(out.end(), raw, raw + levels.size_bytes());
  }
  return out;
}

MiniBlockWriter::MiniBlockWriter(const Shredded& rows, const PageOptions& options) : rows_(rows), options_(options) {}

int64_t MiniBlockWriter::values_that_fit() const {
  if (rows_.levels.count() == 0) return std::min(kEntriesMax, rows_.values.length - next_value_);
  const int64_t end = std::min(rows_.num_entries(), next_entry_ + kEntriesMax);
  int64_t values = 0;
  for (int64_t at = next_entry_; at < end; at++) values += rows_.IsVisible(at) ? 1 : 0;
  // The last value takes the entries behind it along.
  const bool all = next_value_ + values == rows_.values.length;
  return all && end < rows_.num_entries() ? values - 1 : values;
}

MiniBlockWriter::Span MiniBlockWriter::EntriesFor(int64_t num_values) const {
  if (next_value_ + num_values == rows_.values.length) return {rows_.num_entries() - next_entry_, true};
  if (rows_.levels.count() == 0) return {num_values, false};
  int64_t at = next_entry_;
  for (int64_t left = num_values; left > 0; at++) left -= rows_.IsVisible(at) ? 1 : 0;
  return {at - next_entry_, false};
}

void MiniBlockWriter::IndexRows(int64_t entries) {
  uint64_t ended = 0;
  for (int64_t at = next_entry_; at < next_entry_ + entries; at++) {
    entries_of_open_row_++;
    const bool ends = at + 1 == rows_.num_entries() || rows_.BeginsRow(at + 1);
    if (!ends) continue;
    ended++;
    entries_of_open_row_ = 0;
  }
  // What is left over counts within this chunk only.
  Put<uint64_t>(index_, ended);
  Put<uint64_t>(index_, static_cast<uint64_t>(std::min(entries_of_open_row_, entries)));
}

void MiniBlockWriter::AddChunk(int64_t num_values, std::span<const std::span<const uint8_t>> buffers) {
  const auto [entries, is_last] = EntriesFor(num_values);
  const size_t start = body_.size();
  const auto levels_of = [&, n = entries](const std::vector<uint16_t>& all, uint16_t highest) {
    if (all.empty()) return std::vector<uint8_t>();
    return PackLevels(std::span(all).subspan(static_cast<size_t>(next_entry_), static_cast<size_t>(n)),
                      WidthFor(highest));
  };
  const std::vector<uint8_t> rep = levels_of(rows_.levels.rep, rows_.max_rep);
  const std::vector<uint8_t> def = levels_of(rows_.levels.def, rows_.max_def);
  Put<uint16_t>(body_, static_cast<uint16_t>(rows_.levels.count() > 0 ? entries : 0));
  if (rows_.max_rep > 0) Put<uint16_t>(body_, static_cast<uint16_t>(rep.size()));
  if (rows_.max_def > 0) Put<uint16_t>(body_, static_cast<uint16_t>(def.size()));
  for (const auto& buffer : buffers) PutSize(body_, buffer.size(), options_.large_chunks);
  PadTo(body_, 8, kPadding);
  if (rows_.max_rep > 0) PutPadded(body_, rep);
  if (rows_.max_def > 0) PutPadded(body_, def);
  for (const auto& buffer : buffers) PutPadded(body_, buffer);
  const auto units = static_cast<uint32_t>((body_.size() - start) / 8);
  const uint32_t log2 = is_last ? 0 : static_cast<uint32_t>(std::countr_zero(static_cast<uint64_t>(num_values)));
  PutSize(words_, (units - 1) << 4 | log2, options_.large_chunks);
  if (rows_.max_rep > 0) IndexRows(entries);
  next_entry_ += entries;
  next_value_ += num_values;
}

EncodedPage MiniBlockWriter::Finish(pb21::CompressiveEncoding values, uint64_t num_buffers,
                                    std::optional<std::vector<uint8_t>> dictionary,
                                    const pb21::CompressiveEncoding& dictionary_encoding, uint64_t entries) {
  EncodedPage page;
  page.num_rows = rows_.num_rows;
  auto* layout = page.layout.mutable_mini_block_layout();
  *layout->mutable_value_compression() = std::move(values);
  layout->set_num_buffers(num_buffers);
  layout->set_num_items(static_cast<uint64_t>(rows_.values.length));
  layout->set_has_large_chunk(options_.large_chunks);
  for (pb21::RepDefLayer layer : rows_.layers) layout->add_layers(layer);
  if (rows_.max_rep > 0) *layout->mutable_rep_compression() = PackedLevels(WidthFor(rows_.max_rep));
  if (rows_.max_def > 0) *layout->mutable_def_compression() = PackedLevels(WidthFor(rows_.max_def));
  page.buffers = {Buffer::Of(std::move(words_)), Buffer::Of(std::move(body_))};
  if (dictionary) {
    *layout->mutable_dictionary() = dictionary_encoding;
    layout->set_num_dictionary_items(entries);
    page.buffers.push_back(Buffer::Of(*std::move(dictionary)));
  }
  if (rows_.max_rep > 0) {
    layout->set_repetition_index_depth(1);
    page.buffers.push_back(Buffer::Of(std::move(index_)));
  }
  return page;
}

}  // namespace squire::lance
