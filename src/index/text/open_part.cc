#include <algorithm>
#include <numeric>

#include "index/text/fst_words.h"
#include "index/text/posting_codec.h"
#include "index/text/text_files.h"

namespace squire::text {
namespace {

constexpr int64_t kGapRows = 256;  // read along rather than read again

struct InvertColumns {
  lance::ColumnTree postings, positions, position_starts;
};

using Columns = std::vector<std::pair<Field, lance::ColumnTree>>;

Result<lance::ColumnTree> FindColumn(const Columns& columns, const char* name, const DataType& type,
                                     const std::string& path) {
  const auto found = std::ranges::find(columns, name, [](const auto& column) { return column.first.name; });
  if (found == columns.end()) return Corruption(std::string("an index without a column ") + name, path);
  const DataType& has = found->first.type;
  const bool is_same =
      has.id == type.id && (type.children.empty() || has.children[0].type.id == type.children[0].type.id);
  if (!is_same) return Corruption(std::string("column ") + name + " of an index is of " + has.ToString(), path);
  return found->second;
}

template <class T>
Result<std::vector<T>> ReadValues(lance::FileReader& file, const Columns& columns, const char* name, TypeId type,
                                  const std::string& path) {
  const auto tree = TRY(FindColumn(columns, name, type, path));
  const Array read = TRY(file.Read(tree, 0, file.num_rows()));
  if (read.null_count() > 0) return Corruption(std::string("a null in column ") + name + " of an index", path);
  const auto values = read.values<T>();
  return std::vector<T>(values.begin(), values.end());
}

/// The items [begin, end) of a large binary array, one after the other.
void AppendBytes(const Array& items, int64_t begin, int64_t end, std::vector<uint8_t>& bytes,
                 std::vector<uint32_t>* ends) {
  for (int64_t item = begin; item < end; item++) {
    const Bytes one = AsBytes(items.Text(item));
    bytes.insert(bytes.end(), one.begin(), one.end());
    if (ends != nullptr) ends->push_back(static_cast<uint32_t>(bytes.size()));
  }
}

class FilePart final : public TextPart {
 public:
  FilePart(const std::shared_ptr<table::FileCache>& files, std::string path, IndexPart words,
           std::vector<uint32_t> numbers, bool has_positions)
      : TextPart(std::move(words), has_positions),
        files_(files),
        path_(std::move(path)),
        numbers_(std::move(numbers)) {}

  InvertColumns columns;

  [[nodiscard]] Result<WordPostings> Postings(size_t at) const override {
    const auto file = TRY(Open());
    const int64_t row = RowOf(at);
    const Rows rows = TRY(ReadRows(*file, row, 1));
    return Cut(rows, 0, at);
  }

  [[nodiscard]] Result<std::vector<WordPostings>> ReadPostings(size_t first, size_t count) const override {
    const auto file = TRY(Open());
    std::vector<size_t> order(count);
    std::iota(order.begin(), order.end(), first);
    if (!numbers_.empty()) std::ranges::sort(order, {}, [this](size_t at) { return numbers_[at]; });
    std::vector<WordPostings> out(count);
    for (size_t i = 0; i < count;) {
      size_t end = i + 1;  // rows that are near each other are one read
      while (end < count && RowOf(order[end]) - RowOf(order[end - 1]) <= kGapRows) end++;
      const int64_t begin = RowOf(order[i]);
      const Rows rows = TRY(ReadRows(*file, begin, RowOf(order[end - 1]) - begin + 1));
      for (; i < end; i++) out[order[i] - first] = TRY(Cut(rows, RowOf(order[i]) - begin, order[i]));
    }
    return out;
  }

 private:
  struct Rows {
    Array postings, positions, position_starts;
  };

  [[nodiscard]] Result<std::shared_ptr<lance::FileReader>> Open() const {
    const auto files = files_.lock();
    if (files == nullptr) return Internal("an index is read after its table was closed");
    return files->Open(path_);
  }
  [[nodiscard]] int64_t RowOf(size_t word) const {
    return numbers_.empty() ? static_cast<int64_t>(word) : static_cast<int64_t>(numbers_[word]);
  }

  [[nodiscard]] Result<Rows> ReadRows(lance::FileReader& file, int64_t first, int64_t count) const {
    Rows rows;
    rows.postings = TRY(file.Read(columns.postings, first, count));
    if (!has_positions()) return rows;
    rows.positions = TRY(file.Read(columns.positions, first, count));
    rows.position_starts = TRY(file.Read(columns.position_starts, first, count));
    return rows;
  }

  /// What the rows that were read have of a word.
  [[nodiscard]] Result<WordPostings> Cut(const Rows& rows, int64_t row, size_t word) const {
    WordPostings out;
    out.count = count(word);
    const int64_t begin = rows.postings.ListStart(row), end = rows.postings.ListStart(row + 1);
    const auto blocks = static_cast<int64_t>(CeilDiv(out.count, kBlockDocuments));
    if (!rows.postings.IsValid(row) || end - begin != blocks || rows.postings.children[0].null_count() > 0)
      return Corruption("the blocks of a word do not hold its " + std::to_string(out.count) + " postings", path_);
    AppendBytes(rows.postings.children[0], begin, end, out.blocks, &out.block_ends);
    if (out.blocks.size() > ~uint32_t{0}) return Corruption("a word of over 4 GiB of postings", path_);
    if (!has_positions()) return out;
    const Bytes positions = rows.positions.IsValid(row) ? AsBytes(rows.positions.Text(row)) : Bytes();
    out.positions.assign(positions.begin(), positions.end());
    const int64_t first = rows.position_starts.ListStart(row), last = rows.position_starts.ListStart(row + 1);
    const Array& starts = rows.position_starts.children[0];
    bool is_whole = rows.position_starts.IsValid(row) && last - first == blocks && starts.null_count() == 0;
    const auto all =
        is_whole ? starts.values<uint32_t>().subspan(static_cast<size_t>(first)) : std::span<const uint32_t>();
    is_whole = is_whole && all[0] == 0;
    for (int64_t block = 0; is_whole && block < blocks; block++) {
      const uint64_t ends = block + 1 < blocks ? all[static_cast<size_t>(block) + 1] : positions.size();
      is_whole = ends <= positions.size() && ends >= all[static_cast<size_t>(block)];
      out.position_ends.push_back(static_cast<uint32_t>(ends));
    }
    if (!is_whole || positions.size() > ~uint32_t{0})
      return Corruption("the positions of a word do not fit its blocks", path_);
    return out;
  }

  std::weak_ptr<table::FileCache> files_;  // which may hold the index that this is of: not the other way, too
  std::string path_;                       // of the postings
  std::vector<uint32_t> numbers_;          // rows of words; empty where they are in order
};

/// Words and, where they are not in the order of the rows, their rows.
Result<std::vector<uint32_t>> ReadWords(table::FileCache& files, const std::string& path, bool has_fst,
                                        int64_t words_max, IndexPart& out) {
  const auto file = TRY(files.Open(path));
  const Columns columns = TRY(file->ReadColumns());
  NumberedWords words;
  if (has_fst) {
    const auto tree = TRY(FindColumn(columns, "_token_fst_bytes", TypeId::kLargeBinary, path));
    if (file->num_rows() != 1) return Corruption("an index has not one set of words", path);
    const Array bytes = TRY(file->Read(tree, 0, 1));
    if (!bytes.IsValid(0)) return Corruption("an index without words", path);
    words = TRY(ReadFstWords(AsBytes(bytes.Text(0)), static_cast<size_t>(words_max)));
  } else {
    const auto tree = TRY(FindColumn(columns, "_token", TypeId::kString, path));
    if (file->num_rows() != words_max) return Corruption("an index has other words than postings", path);
    const Array texts = TRY(file->Read(tree, 0, file->num_rows()));
    if (texts.null_count() > 0) return Corruption("a null among the words of an index", path);
    words.numbers = TRY(ReadValues<uint32_t>(*file, columns, "_token_id", TypeId::kUInt32, path));
    for (int64_t i = 0; i < texts.length; i++) {
      if (i > 0 && texts.Text(i) <= texts.Text(i - 1))
        return Corruption("the words of an index are not in order", path);
      words.bytes += texts.Text(i);
      if (words.bytes.size() > ~uint32_t{0}) return OverBudget("over 4 GiB of words in " + path);
      words.ends.push_back(static_cast<uint32_t>(words.bytes.size()));
    }
  }
  std::vector<bool> seen(static_cast<size_t>(words_max));
  bool is_ordered = true;
  for (size_t i = 0; i < words.numbers.size(); i++) {
    const uint32_t number = words.numbers[i];
    if (number >= seen.size() || seen[number]) return Corruption("two words of an index have one number", path);
    seen[number] = true;
    is_ordered = is_ordered && number == i;
  }
  if (words.numbers.size() != seen.size()) return Corruption("an index has other words than postings", path);
  out.word_bytes = std::move(words.bytes);
  out.word_ends = std::move(words.ends);
  return is_ordered ? std::vector<uint32_t>() : std::move(words.numbers);
}

}  // namespace

Result<std::shared_ptr<const TextPart>> OpenPart(const std::shared_ptr<table::FileCache>& files,
                                                 const std::string& folder, uint64_t part,
                                                 const TextMetadata& metadata) {
  IndexPart words;
  const std::string docs_path = JoinPath(folder, PartFileName(part, "docs"));
  {
    const auto docs = TRY(files->Open(docs_path));
    const Columns columns = TRY(docs->ReadColumns());
    if (docs->num_rows() >= ~uint32_t{0}) return OverBudget("over 2^32 documents in " + docs_path);
    words.rows = TRY(ReadValues<uint64_t>(*docs, columns, "_rowid", TypeId::kUInt64, docs_path));
    words.lengths = TRY(ReadValues<uint32_t>(*docs, columns, "_num_tokens", TypeId::kUInt32, docs_path));
  }
  std::string path = JoinPath(folder, PartFileName(part, "invert"));
  const auto invert = TRY(files->Open(path));
  const Columns columns = TRY(invert->ReadColumns());
  if (invert->num_rows() > ~uint32_t{0}) return OverBudget("over 2^32 words in " + path);
  const auto numbers = TRY(
      ReadWords(*files, JoinPath(folder, PartFileName(part, "tokens")), metadata.has_fst, invert->num_rows(), words));
  words.counts = TRY(ReadValues<uint32_t>(*invert, columns, "_length", TypeId::kUInt32, path));
  if (!numbers.empty()) {
    std::vector<uint32_t> counts;
    for (const uint32_t number : numbers) counts.push_back(words.counts[number]);
    words.counts = std::move(counts);
  }
  for (const uint32_t count : words.counts)
    if (count == 0 || count > words.rows.size())
      return Corruption("a word of an index is in " + std::to_string(count) + " of " +
                            std::to_string(words.rows.size()) + " documents",
                        path);
  InvertColumns found;
  found.postings = TRY(FindColumn(columns, "_posting", ListOf(TypeId::kLargeBinary), path));
  if (metadata.with_positions) {
    found.positions = TRY(FindColumn(columns, "_compressed_position", TypeId::kLargeBinary, path));
    found.position_starts = TRY(FindColumn(columns, "_position_block_offset", ListOf(TypeId::kUInt32), path));
  }
  auto out = std::make_shared<FilePart>(files, std::move(path), std::move(words), numbers, metadata.with_positions);
  out->columns = std::move(found);
  return std::shared_ptr<const TextPart>(std::move(out));
}

}  // namespace squire::text
