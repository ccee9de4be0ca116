// Deletion files of other writers below a few thousand rows: an Arrow IPC file with one record batch.
// Source: Arrow columnar format, "IPC File Format".

#include <zstd.h>

#include <array>

#include "lance/deletion_file.h"
#include "lance/proto/arrow_file_generated.h"

namespace squire::lance {
namespace {

constexpr std::string_view kArrowMagic = "ARROW1";
constexpr uint32_t kContinuation = 0xffffffff;

Error Broken(const std::string& what) { return Corruption("Arrow deletion file: " + what); }

/// A flatbuffer, copied to where its numbers are aligned: a file may have it anywhere.
template <class T>
class Root {
 public:
  static Result<Root> Parse(Bytes bytes) {
    Root root;
    root.words_.resize(CeilDiv(bytes.size(), sizeof(uint64_t)) + 1);
    auto* data = reinterpret_cast<uint8_t*>(root.words_.data());
    std::copy(bytes.begin(), bytes.end(), data);
    flatbuffers::Verifier verifier(data, bytes.size());
    if (!verifier.VerifyBuffer<T>(nullptr)) return Broken("its metadata does not parse");
    root.value_ = flatbuffers::GetRoot<T>(data);
    return root;
  }
  const T* operator->() const { return value_; }

 private:
  std::vector<uint64_t> words_;  // moving it moves no word
  const T* value_ = nullptr;
};

/// Item `i` of a vector of structs, which the verifier lets lie anywhere.
template <class T>
T At(const flatbuffers::Vector<const T*>& vector, uint32_t i) {
  return Load<T>(vector.Data() + size_t{i} * sizeof(T));
}

Result<Bytes> Slice(Bytes bytes, int64_t offset, int64_t size) {
  if (offset < 0 || size < 0 || static_cast<uint64_t>(offset) > bytes.size() ||
      static_cast<uint64_t>(size) > bytes.size() - static_cast<uint64_t>(offset))
    return Broken("a part lies outside the file");
  return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

/// A body buffer: as it is, or [i64 raw size, -1 = not compressed] and a ZSTD frame.
Result<std::vector<uint8_t>> Decompress(Bytes buffer, const arrow_file::BodyCompression* compression,
                                        size_t size_bytes) {
  if (compression == nullptr) return std::vector<uint8_t>(buffer.begin(), buffer.end());
  if (buffer.size() < 8) return Broken("a compressed buffer without its size");
  const auto raw = Load<int64_t>(buffer.data());
  buffer = buffer.subspan(8);
  if (raw == -1) return std::vector<uint8_t>(buffer.begin(), buffer.end());
  if (compression->codec() != arrow_file::Codec_ZSTD)
    return Unsupported("Arrow deletion files compressed by LZ4 frames");
  if (raw < 0 || static_cast<uint64_t>(raw) < size_bytes || static_cast<uint64_t>(raw) > size_bytes + 64)
    return Broken("a buffer of " + std::to_string(raw) + " bytes for " + std::to_string(size_bytes));
  std::vector<uint8_t> out(static_cast<size_t>(raw));
  const size_t got = ZSTD_decompress(out.data(), out.size(), buffer.data(), buffer.size());
  if (ZSTD_isError(got) || got != out.size()) return Broken("its ZSTD frame is damaged");
  return out;
}

}  // namespace

Result<RowSet> ParseArrowDeletions(Bytes bytes, uint64_t num_rows) {
  // "ARROW1\0\0" ... footer, i32 size of the footer, "ARROW1"
  if (bytes.size() < 24 || AsText(bytes.first(6)) != kArrowMagic || AsText(bytes.last(6)) != kArrowMagic)
    return Broken("its magic is missing");
  const int32_t footer_size = Load<int32_t>(bytes.data() + bytes.size() - 10);
  const int64_t footer_at = static_cast<int64_t>(bytes.size()) - 10 - footer_size;
  const auto footer = TRY(Root<arrow_file::Footer>::Parse(TRY(Slice(bytes, footer_at, footer_size))));
  RowSet rows(num_rows);
  if (footer->record_batches() == nullptr) return rows;
  for (uint32_t at = 0; at < footer->record_batches()->size(); at++) {
    const auto block = At<arrow_file::Block>(*footer->record_batches(), at);
    const Bytes framed = TRY(Slice(bytes, block.offset(), block.metadata_length()));
    if (framed.size() < 8 || Load<uint32_t>(framed.data()) != kContinuation) return Broken("a block without its frame");
    const auto message = TRY(Root<arrow_file::Message>::Parse(framed.subspan(8)));
    const auto* batch = message->header_as_RecordBatch();
    if (batch == nullptr || batch->buffers() == nullptr || batch->buffers()->size() != 2)
      return Broken("a block that is not a batch of one column");
    if (batch->length() < 0 || static_cast<uint64_t>(batch->length()) > num_rows)
      return Broken("more rows than its fragment");
    const Bytes body = TRY(Slice(bytes, block.offset() + block.metadata_length(), block.body_length()));
    const auto range = At<arrow_file::BufferRange>(*batch->buffers(), 1);
    const auto length = static_cast<size_t>(batch->length());
    const auto values =
        TRY(Decompress(TRY(Slice(body, range.offset(), range.length())), batch->compression(), length * 4));
    if (values.size() < length * 4) return Broken("fewer values than rows");
    for (size_t i = 0; i < length; i++) {
      const uint32_t row = Load<uint32_t>(values.data() + 4 * i);
      if (row >= num_rows)
        return Broken("row " + std::to_string(row) + " in a fragment of " + std::to_string(num_rows));
      rows.Add(row);
    }
  }
  return rows;
}

}  // namespace squire::lance
