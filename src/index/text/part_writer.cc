#include <numeric>

#include "index/text/text_files.h"
#include "lance/logical_type.h"

namespace squire::text {
namespace {

template <class T>
Buffer BufferOf(const std::vector<T>& values) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  return Buffer::Of({bytes, bytes + values.size() * sizeof(T)});
}

template <class T>
Array ArrayOf(TypeId type, const std::vector<T>& values) {
  Array out;
  out.type = type;
  out.length = std::ssize(values);
  out.buffers.push_back(BufferOf(values));
  return out;
}

Array BytesArray(TypeId type, std::vector<int64_t> offsets, std::vector<uint8_t> bytes) {
  Array out;
  out.type = type;
  out.length = std::ssize(offsets) - 1;
  out.buffers.push_back(BufferOf(offsets));
  out.buffers.push_back(Buffer::Of(std::move(bytes)));
  return out;
}

/// Lists of as many items as the words have blocks.
Array ListArray(const IndexPart& words, DataType item, Array items) {
  std::vector<int32_t> offsets = {0};
  for (const uint64_t end : words.word_block_ends) offsets.push_back(static_cast<int32_t>(end));
  Array out;
  out.type = ListOf(std::move(item));
  out.length = static_cast<int64_t>(words.num_words());
  out.buffers.push_back(BufferOf(offsets));
  out.children.push_back(std::move(items));
  return out;
}

/// Calls `each(word, block, begin, end)`: of each block, where its bytes lie among those of its word.
template <class Each>
void ForEachBlock(const IndexPart& words, const std::vector<uint32_t>& ends, Each each) {
  uint64_t block = 0;
  for (size_t word = 0; word < words.num_words(); word++)
    for (uint32_t begin = 0; block < words.word_block_ends[word]; begin = ends[block++]) each(word, begin, ends[block]);
}

Array PostingArray(IndexPart& words) {
  std::vector<int64_t> offsets = {0};
  offsets.reserve(words.block_ends.size() + 1);
  ForEachBlock(words, words.block_ends,
               [&](size_t, uint32_t begin, uint32_t end) { offsets.push_back(offsets.back() + (end - begin)); });
  return ListArray(words, TypeId::kLargeBinary,
                   BytesArray(TypeId::kLargeBinary, std::move(offsets), std::move(words.blocks)));
}

Array PositionArray(IndexPart& words) {
  std::vector<int64_t> offsets = {0};
  for (const uint64_t end : words.word_position_ends) offsets.push_back(static_cast<int64_t>(end));
  return BytesArray(TypeId::kLargeBinary, std::move(offsets), std::move(words.positions));
}

Array PositionStartArray(const IndexPart& words) {
  std::vector<uint32_t> starts;
  ForEachBlock(words, words.position_ends, [&](size_t, uint32_t begin, uint32_t) { starts.push_back(begin); });
  return ListArray(words, TypeId::kUInt32, ArrayOf(TypeId::kUInt32, starts));
}

Schema TokensSchema() {
  return {{{"_token_fst_bytes", TypeId::kLargeBinary, false, {}},
           {"_token_next_id", TypeId::kUInt32, false, {}},
           {"_token_total_length", TypeId::kUInt64, false, {}}},
          {}};
}

Result<std::unique_ptr<lance::FileWriter>> CreateFile(FileSystem& fs, const std::string& path, const Schema& schema) {
  return lance::FileWriter::Create(fs, path, schema, TRY(lance::ToFields(schema)));
}

}  // namespace

std::string PartFileName(uint64_t part, const char* what) {
  return "part_" + std::to_string(part) + "_" + what + ".lance";
}

Schema PartWriter::InvertSchema() const {
  Schema schema;
  schema.fields = {{"_posting", ListOf(TypeId::kLargeBinary), false, {}},
                   {"_max_score", TypeId::kFloat, false, {}},
                   {"_length", TypeId::kUInt32, false, {}}};
  if (with_positions_) {
    schema.fields.push_back({"_compressed_position", TypeId::kLargeBinary, false, {}});
    schema.fields.push_back({"_position_block_offset", ListOf(TypeId::kUInt32), false, {}});
  }
  schema.metadata = FormMetadata(with_positions_);
  return schema;
}

Result<PartWriter> PartWriter::Create(FileSystem& fs, const std::string& folder, uint64_t part, bool with_positions) {
  PartWriter writer(fs, folder, part, with_positions);
  writer.invert_ = TRY(CreateFile(fs, JoinPath(folder, PartFileName(part, "invert")), writer.InvertSchema()));
  return writer;
}

Result<void> PartWriter::Add(IndexPart words) {
  const auto count = static_cast<int64_t>(words.num_words());
  if (count == 0) return {};
  for (size_t i = 0; i < words.num_words(); i++) words_.Add(words.word(i), num_words_++);
  word_bytes_ += words.word_bytes.size();
  Batch batch{InvertSchema(), {}, count};
  batch.columns = {PostingArray(words), ArrayOf(TypeId::kFloat, words.scores_max),
                   ArrayOf(TypeId::kUInt32, words.counts)};
  if (with_positions_) {
    Array starts = PositionStartArray(words);
    batch.columns.push_back(PositionArray(words));
    batch.columns.push_back(std::move(starts));
  }
  return invert_->Write(batch);
}

Result<WrittenFiles> PartWriter::Finish(std::vector<uint64_t> rows, std::vector<uint32_t> lengths) {
  WrittenFiles out;
  out.push_back(TRY(WriteWords()));
  out.emplace_back(PartFileName(part_, "invert"), TRY(invert_->Finish()).size_bytes);
  Schema schema{{{"_rowid", TypeId::kUInt64, false, {}}, {"_num_tokens", TypeId::kUInt32, false, {}}}, {}};
  const uint64_t total = std::accumulate(lengths.begin(), lengths.end(), uint64_t{0});
  schema.metadata["total_tokens"] = std::to_string(total);
  const auto count = std::ssize(rows);
  out.push_back(
      TRY(WriteFile("docs", {schema, {ArrayOf(TypeId::kUInt64, rows), ArrayOf(TypeId::kUInt32, lengths)}, count})));
  return out;
}

/// The automaton: one row.
Result<WrittenFile> PartWriter::WriteWords() {
  std::vector<uint8_t> words = words_.Finish();
  std::vector<int64_t> offsets = {0, std::ssize(words)};
  Batch batch{TokensSchema(), {}, 1};
  batch.columns = {BytesArray(TypeId::kLargeBinary, std::move(offsets), std::move(words)),
                   ArrayOf(TypeId::kUInt32, std::vector<uint32_t>{num_words_}),
                   ArrayOf(TypeId::kUInt64, std::vector<uint64_t>{word_bytes_})};
  return WriteFile("tokens", batch);
}

Result<WrittenFile> PartWriter::WriteFile(const char* what, const Batch& batch) {
  const std::string name = PartFileName(part_, what);
  const auto file = TRY(CreateFile(fs_, JoinPath(folder_, name), batch.schema));
  TRY(file->Write(batch));
  return WrittenFile(name, TRY(file->Finish()).size_bytes);
}

}  // namespace squire::text
