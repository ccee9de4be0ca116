// Writing a BTREE index: sorted runs of entries, merged.

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "index/coverage.h"
#include "index/key/btree.h"
#include "lance/file_writer.h"
#include "lance/logical_type.h"
#include "table/scan.h"

namespace squire::index {
namespace {

constexpr int64_t kPageRows = 4096;
constexpr int64_t kRunBytesMax = 64 << 20;  // of values sorted in memory at once
constexpr int64_t kRangeRows = 65'536;

/// Entries in order, read front to back.
class Run {
 public:
  virtual ~Run() = default;
  /// The entry at hand, or nothing at the end.
  [[nodiscard]] virtual bool at_end() const = 0;
  [[nodiscard]] virtual SortKey key() const = 0;
  [[nodiscard]] virtual uint64_t address() const = 0;
  virtual void AppendTo(ArrayBuilder& values) const = 0;
  virtual Result<void> Advance() = 0;
};

/// Values of some rows, sorted in memory.
class MemoryRun : public Run {
 public:
  void Add(Array values, std::span<const uint64_t> addresses) {
    const auto part = static_cast<uint32_t>(parts_.size());
    bytes_ += values.byte_size() + values.length * static_cast<int64_t>(sizeof(Entry));
    for (int64_t row = 0; row < values.length; row++)
      entries_.push_back({KeyAt(values, row), addresses[static_cast<size_t>(row)], part, static_cast<uint32_t>(row)});
    parts_.push_back(std::move(values));
  }
  void Sort() {
    std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
      return a.key < b.key || (a.key == b.key && a.address < b.address);
    });
  }
  [[nodiscard]] int64_t byte_size() const { return bytes_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  [[nodiscard]] bool at_end() const override { return at_ == entries_.size(); }
  [[nodiscard]] SortKey key() const override { return entries_[at_].key; }
  [[nodiscard]] uint64_t address() const override { return entries_[at_].address; }
  void AppendTo(ArrayBuilder& values) const override {
    values.AppendFrom(parts_[entries_[at_].part], entries_[at_].row);
  }
  Result<void> Advance() override {
    at_++;
    return {};
  }

 private:
  struct Entry {
    SortKey key;
    uint64_t address = 0;
    uint32_t part = 0, row = 0;
  };
  std::vector<Array> parts_;
  std::vector<Entry> entries_;
  int64_t bytes_ = 0;
  size_t at_ = 0;
};

/// Entries of a file, a page at a time; those that `keep` refuses are passed over.
class FileRun : public Run {
 public:
  using Source = std::function<Result<BTree::Entries>(int64_t first, int64_t count)>;
  using Keep = std::function<bool(uint64_t address)>;
  FileRun(Source source, int64_t num_entries, Keep keep)
      : source_(std::move(source)), num_entries_(num_entries), keep_(std::move(keep)) {}

  /// To the first entry. To be called once, before anything else.
  Result<void> Begin() {
    row_ = -1;
    return Advance();
  }
  [[nodiscard]] bool at_end() const override { return row_ >= page_.values.length; }
  [[nodiscard]] SortKey key() const override { return KeyAt(page_.values, row_); }
  [[nodiscard]] uint64_t address() const override {
    return page_.addresses.values<uint64_t>()[static_cast<size_t>(row_)];
  }
  void AppendTo(ArrayBuilder& values) const override { values.AppendFrom(page_.values, row_); }
  Result<void> Advance() override {
    do {
      row_++;
      if (row_ < page_.values.length || next_ >= num_entries_) continue;
      page_ = TRY(source_(next_, std::min(kPageRows, num_entries_ - next_)));
      next_ += page_.values.length;
      row_ = 0;
    } while (!at_end() && keep_ && !keep_(address()));
    return {};
  }

 private:
  Source source_;
  int64_t num_entries_;
  Keep keep_;
  BTree::Entries page_;
  int64_t next_ = 0, row_ = 0;
};

/// Pages of entries on their way into a file.
class PageWriter {
 public:
  static Result<PageWriter> Create(FileSystem& fs, const std::string& path, const DataType& type) {
    const Schema schema{{{"values", type, true, {}}, {"ids", TypeId::kUInt64, false, {}}}, {}};
    auto file = TRY(lance::FileWriter::Create(fs, path, schema, TRY(lance::ToFields(schema))));
    return PageWriter(schema, std::move(file));
  }
  Result<void> Add(const Run& run) {
    const SortKey key = run.key();
    if (count_ == 0) run.AppendTo(min_);
    if (!key.is_valid) nulls_++;
    run.AppendTo(values_);
    ids_.Append(run.address());
    count_++;
    if (count_ < kPageRows) return {};
    return Flush();
  }
  /// Closes the file; the description of its pages is at hand then.
  Result<lance::WrittenFile> Finish() {
    TRY(Flush());
    return file_->Finish();
  }
  Result<Batch> Lookup() {
    const Schema schema{{{"min", schema_.fields[0].type, true, {}},
                         {"max", schema_.fields[0].type, true, {}},
                         {"null_count", TypeId::kUInt32, false, {}},
                         {"page_idx", TypeId::kUInt32, false, {}}},
                        {{"batch_size", std::to_string(kPageRows)}, {"range_partitioned", "false"}}};
    const int64_t pages = max_.length();
    Batch out{schema, {}, pages};
    for (ArrayBuilder* column : {&min_, &max_, &null_counts_, &numbers_}) out.columns.push_back(TRY(column->Finish()));
    return out;
  }

 private:
  PageWriter(Schema schema, std::unique_ptr<lance::FileWriter> file)
      : schema_(std::move(schema)), file_(std::move(file)) {}
  Result<void> Flush() {
    if (count_ == 0) return {};
    const Array values = TRY(values_.Finish());
    max_.AppendFrom(values, values.length - 1);
    null_counts_.Append(static_cast<uint32_t>(nulls_));
    numbers_.Append(static_cast<uint32_t>(numbers_.length()));
    const Array ids = TRY(ids_.Finish());
    TRY(file_->Write({schema_, {values, ids}, values.length}));
    count_ = nulls_ = 0;
    return {};
  }

  Schema schema_;
  std::unique_ptr<lance::FileWriter> file_;
  ArrayBuilder values_{schema_.fields[0].type}, ids_{TypeId::kUInt64};
  ArrayBuilder min_{schema_.fields[0].type}, max_{schema_.fields[0].type};
  ArrayBuilder null_counts_{TypeId::kUInt32}, numbers_{TypeId::kUInt32};
  int64_t count_ = 0, nulls_ = 0;
};

/// Merges the runs into `out`.
Result<void> Merge(std::span<Run*> runs, PageWriter& out) {
  const auto later = [](const Run* a, const Run* b) {
    const SortKey x = a->key(), y = b->key();
    return y < x || (x == y && b->address() < a->address());
  };
  std::priority_queue<Run*, std::vector<Run*>, decltype(later)> heap(later);
  for (Run* run : runs)
    if (!run->at_end()) heap.push(run);
  while (!heap.empty()) {
    Run* run = heap.top();
    heap.pop();
    TRY(out.Add(*run));
    TRY(run->Advance());
    if (!run->at_end()) heap.push(run);
  }
  return {};
}

/// One index in the making, in a folder of its own that is removed unless it is kept.
class Builder {
 public:
  /// `uuid` is the index's to be.
  Builder(const table::Snapshot& snapshot, std::string uuid, int32_t field_id, DataType type, const BTree* previous)
      : snapshot_(snapshot),
        fs_(snapshot.files()->fs()),
        field_id_(field_id),
        type_(std::move(type)),
        previous_(previous),
        uuid_(std::move(uuid)),
        folder_(snapshot.paths().Index(uuid_)) {}
  ~Builder() {
    if (!keep_) (void)fs_.RemoveAll(folder_);
  }

  Result<pb::IndexMetadata> Build(const std::string& name) {
    TRY(fs_.CreateFolders(folder_));
    TRY(ReadRows());
    TRY(AddPrevious());
    PageWriter pages = TRY(PageWriter::Create(fs_, JoinPath(folder_, "page_data.lance"), type_));
    std::vector<Run*> runs;
    if (!memory_.empty()) runs.push_back(&memory_);
    for (const auto& run : spilled_) runs.push_back(run.get());
    TRY(Merge(runs, pages));
    const lance::WrittenFile data = TRY(pages.Finish());
    const Batch lookup = TRY(pages.Lookup());
    auto writer = TRY(lance::FileWriter::Create(fs_, JoinPath(folder_, "page_lookup.lance"), lookup.schema,
                                                TRY(lance::ToFields(lookup.schema))));
    TRY(writer->Write(lookup));
    const lance::WrittenFile pages_file = TRY(writer->Finish());
    TRY(RemoveSpills());
    keep_ = true;
    return Describe(name, data.size_bytes, pages_file.size_bytes);
  }

 private:
  /// Rows of the fragments that the previous index does not cover.
  Result<void> ReadRows() {
    table::Projection projection;
    projection.schema.fields = {{"values", type_, true, {}}};
    projection.field_ids = {field_id_};
    for (const table::RowRange& range : table::PlanRanges(snapshot_, kRangeRows)) {
      if (previous_ != nullptr && previous_->Covers(snapshot_.fragment(range.fragment).id())) continue;
      table::RangeBatch rows = TRY(table::ReadRange(snapshot_, projection, range));
      if (rows.addresses.empty()) continue;
      memory_.Add(std::move(rows.batch.columns[0]), rows.addresses);
      if (memory_.byte_size() >= kRunBytesMax) TRY(Spill());
    }
    memory_.Sort();
    return {};
  }

  Result<void> Spill() {
    memory_.Sort();
    const std::string path = JoinPath(folder_, "run-" + std::to_string(spill_paths_.size()) + ".tmp");
    spill_paths_.push_back(path);
    PageWriter out = TRY(PageWriter::Create(fs_, path, type_));
    Run* runs[] = {&memory_};
    TRY(Merge(runs, out));
    const lance::WrittenFile written = TRY(out.Finish());
    memory_ = MemoryRun();
    auto file = TRY(lance::FileReader::Open(fs_, path));
    const auto read = [file, type = type_](int64_t first, int64_t count) -> Result<BTree::Entries> {
      return BTree::Entries{TRY(file->Read({type, 0, false, {}}, first, count)),
                            TRY(file->Read({TypeId::kUInt64, 1, false, {}}, first, count))};
    };
    spilled_.push_back(std::make_unique<FileRun>(read, static_cast<int64_t>(written.num_rows), nullptr));
    return spilled_.back()->Begin();
  }

  /// Entries of the previous index whose rows are still there.
  Result<void> AddPrevious() {
    if (previous_ == nullptr) return {};
    for (size_t i = 0; i < snapshot_.num_fragments(); i++) {
      table::Fragment& fragment = snapshot_.fragment(i);
      if (previous_->Covers(fragment.id())) deleted_[fragment.id()] = TRY(fragment.Deleted());
    }
    const auto keep = [this](uint64_t address) {
      const auto fragment = deleted_.find(address >> 32);
      const uint64_t offset = address & 0xffffffff;
      return fragment != deleted_.end() && offset < fragment->second->num_rows() && !fragment->second->Contains(offset);
    };
    spilled_.push_back(
        std::make_unique<FileRun>([this](int64_t first, int64_t count) { return previous_->Read(first, count); },
                                  previous_->num_entries(), keep));
    return spilled_.back()->Begin();
  }

  Result<void> RemoveSpills() {
    spilled_.clear();
    for (const std::string& path : spill_paths_) TRY(fs_.Remove(path));
    return {};
  }

  [[nodiscard]] pb::IndexMetadata Describe(const std::string& name, uint64_t data_bytes, uint64_t lookup_bytes) const {
    pb::IndexMetadata index = DescribeIndex(snapshot_, uuid_, field_id_, name,
                                            {{"page_data.lance", data_bytes}, {"page_lookup.lance", lookup_bytes}});
    index.mutable_index_details()->set_type_url(kBTreeDetailsUrl);
    index.set_index_version(0);
    return index;
  }

  const table::Snapshot& snapshot_;
  FileSystem& fs_;
  int32_t field_id_;
  DataType type_;
  const BTree* previous_;
  std::string uuid_;
  std::string folder_;
  MemoryRun memory_;
  std::vector<std::unique_ptr<FileRun>> spilled_;
  std::vector<std::string> spill_paths_;
  std::unordered_map<uint64_t, const lance::RowSet*> deleted_;
  bool keep_ = false;
};

}  // namespace

Result<pb::IndexMetadata> WriteBTree(const table::Snapshot& snapshot, const std::string& column,
                                     const std::string& name, const BTree* previous) {
  const int at = snapshot.schema().Find(column);
  if (at < 0) return NotFound("the table has no column '" + column + "'");
  const DataType& type = snapshot.schema().fields[static_cast<size_t>(at)].type;
  if (!CanIndex(type)) return Unsupported("a column of type " + type.ToString() + " cannot have a key index");
  if (snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds)
    return Unsupported("a table with stable row ids gets no key index", snapshot.paths().root);
  return Builder(snapshot, TRY(snapshot.NewNames()).Uuid(), snapshot.field_id(static_cast<size_t>(at)), type, previous)
      .Build(name);
}

}  // namespace squire::index
