#include "index/text/merge_parts.h"

#include <numeric>

#include "index/text/posting_codec.h"

namespace squire::text {
namespace {

constexpr uint32_t kGone = ~uint32_t{0};
constexpr uint64_t kReadPostings = 1 << 19;  // of all sources together, ahead
constexpr size_t kReadWords = 1 << 14;
constexpr size_t kWrittenBytes = 4 << 20;  // collected before they are written

/// Reads one source's words in their order.
class Cursor {
 public:
  Cursor(const PartSource& source, uint64_t postings_ahead) : part_(*source.part), ahead_(postings_ahead) {}

  [[nodiscard]] bool is_done() const { return next_ == part_.num_words(); }
  [[nodiscard]] std::string_view word() const { return part_.word(next_); }

  /// The postings of the word at hand, and on to the next.
  Result<WordPostings> Take() {
    if (next_ == first_ + read_.size()) TRY(ReadAhead());
    return std::move(read_[next_++ - first_]);
  }

 private:
  Result<void> ReadAhead() {
    first_ = next_;
    size_t count = 0;
    for (uint64_t postings = 0; first_ + count < part_.num_words() && count < kReadWords; count++) {
      postings += part_.count(first_ + count);
      if (count > 0 && postings > ahead_) break;
    }
    read_ = TRY(part_.ReadPostings(first_, count));
    return {};
  }

  const TextPart& part_;
  uint64_t ahead_;
  size_t next_ = 0, first_ = 0;
  std::vector<WordPostings> read_;
};

class Merger {
 public:
  Merger(std::span<const PartSource> sources, bool with_positions)
      : sources_(sources), with_positions_(with_positions) {
    for (const PartSource& source : sources) {
      std::vector<uint32_t>& numbers = numbers_.emplace_back(source.part->num_documents(), kGone);
      for (size_t i = 0; i < numbers.size(); i++) {
        const uint64_t row = source.part->rows()[i];
        if (source.keep && !source.keep(row)) continue;
        numbers[i] = static_cast<uint32_t>(rows_.size());
        rows_.push_back(row);
        lengths_.push_back(source.part->lengths()[i]);
      }
      cursors_.emplace_back(source, kReadPostings / sources.size());
    }
  }

  [[nodiscard]] uint64_t num_documents() const { return rows_.size(); }

  Result<WrittenFiles> Write(PartWriter writer) {
    const double words = std::accumulate(lengths_.begin(), lengths_.end(), 0.0);
    const DocumentNorms norms(lengths_, words / static_cast<double>(std::max<size_t>(1, rows_.size())));
    IndexPart out;
    out.has_positions = with_positions_;
    WordEncoder encoder(out, norms);
    while (const auto first = FirstWord()) {
      const std::string word(*first);
      documents_.clear();
      frequencies_.clear();
      positions_.clear();
      for (size_t i = 0; i < cursors_.size(); i++)
        if (!cursors_[i].is_done() && cursors_[i].word() == word) TRY(AddPostings(i));
      if (documents_.empty()) continue;
      encoder.Add(word, documents_, frequencies_, positions_);
      if (out.blocks.size() + out.positions.size() + out.word_bytes.size() < kWrittenBytes) continue;
      TRY(writer.Add(std::move(out)));
      out = IndexPart();
      out.has_positions = with_positions_;
    }
    TRY(writer.Add(std::move(out)));
    return writer.Finish(std::move(rows_), std::move(lengths_));
  }

 private:
  [[nodiscard]] std::optional<std::string_view> FirstWord() const {
    std::optional<std::string_view> out;
    for (const Cursor& cursor : cursors_)
      if (!cursor.is_done() && (!out || cursor.word() < *out)) out = cursor.word();
    return out;
  }

  /// Those of the word at hand in source `at`.
  Result<void> AddPostings(size_t at) {
    const WordPostings postings = TRY(cursors_[at].Take());
    const TextPart& part = *sources_[at].part;
    const std::vector<uint32_t>& numbers = numbers_[at];
    const bool has_positions = with_positions_ && part.has_positions();
    uint64_t next = 0;  // document that may come
    for (size_t block = 0; block < postings.block_ends.size(); block++) {
      const size_t begin = block == 0 ? 0 : postings.block_ends[block - 1];
      const size_t count = std::min<size_t>(kBlockDocuments, postings.count - block * kBlockDocuments);
      TRY(DecodeBlock(Bytes(postings.blocks).subspan(begin, postings.block_ends[block] - begin), count,
                      part.num_documents(), block_));
      if (block_.documents[0] < next) return Corruption("the blocks of a word are not in order");
      next = uint64_t{block_.documents[count - 1]} + 1;
      const auto frequencies = std::span<const uint32_t>(block_.frequencies).first(count);
      if (has_positions) {
        const size_t first = block == 0 ? 0 : postings.position_ends[block - 1];
        TRY(DecodePositions(Bytes(postings.positions).subspan(first, postings.position_ends[block] - first),
                            frequencies, block_positions_));
      }
      size_t position = 0;
      for (size_t i = 0; i < count; position += frequencies[i++]) {
        const uint32_t number = numbers[block_.documents[i]];
        if (number == kGone) continue;
        documents_.push_back(number);
        frequencies_.push_back(frequencies[i]);
        if (!has_positions) continue;
        const auto from = block_positions_.begin() + static_cast<ptrdiff_t>(position);
        positions_.insert(positions_.end(), from, from + frequencies[i]);
      }
    }
    return {};
  }

  std::span<const PartSource> sources_;
  bool with_positions_;
  std::vector<std::vector<uint32_t>> numbers_;  // by source and document: in the new part, or kGone
  std::vector<Cursor> cursors_;
  std::vector<uint64_t> rows_;
  std::vector<uint32_t> lengths_;
  PostingBlock block_;
  std::vector<uint32_t> block_positions_;
  std::vector<uint32_t> documents_, frequencies_, positions_;  // of the word at hand
};

}  // namespace

Result<WrittenFiles> MergeParts(FileSystem& fs, const std::string& folder, uint64_t number, bool with_positions,
                                std::span<const PartSource> sources, uint64_t& documents) {
  auto writer = PartWriter::Create(fs, folder, number, with_positions);
  if (!writer) return std::move(writer.error());
  Merger merger(sources, with_positions);
  documents += merger.num_documents();
  return merger.Write(*std::move(writer));
}

}  // namespace squire::text
