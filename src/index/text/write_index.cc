#include "index/text/write_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "index/coverage.h"
#include "index/text/analyzer.h"
#include "index/text/merge_parts.h"
#include "index/text/posting_codec.h"
#include "lance/proto/text_index.pb.h"
#include "table/scan.h"

namespace squire::text {
namespace {

using Json = nlohmann::json;

constexpr int kIndexVersion = 2;
constexpr int64_t kFirstRows = 16, kRowsMax = 4096;
constexpr int64_t kReadBytes = 8 << 20;           // about so much text is read at once
constexpr uint64_t kSpilledPart = 1'000'000'000;  // numbers of parts that do not stay
constexpr uint32_t kColumnGap = 64;               // so that no phrase reaches from one column to the next

template <class T>
T ValueOr(const Json& json, const char* key, T fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if constexpr (std::is_same_v<T, std::string>) return found->is_string() ? found->get<T>() : fallback;
  if constexpr (std::is_same_v<T, bool>) return found->is_boolean() ? found->get<T>() : fallback;
  if constexpr (std::is_same_v<T, uint32_t>) return found->is_number_unsigned() ? found->get<T>() : fallback;
}

/// What the manifest says of an index of Lance's own kind, by its analyzer.
pb::InvertedIndexDetails LanceDetails(const TextIndexParameters& parameters, uint64_t documents) {
  const Json json = Json::parse(parameters.analyzer, nullptr, false);
  pb::InvertedIndexDetails out;
  out.set_base_tokenizer(ValueOr<std::string>(json, "base_tokenizer", "simple"));
  out.set_language(Json(ValueOr<std::string>(json, "language", "English")).dump());
  out.set_with_position(parameters.with_positions);
  const auto length = json.find("max_token_length");
  if (length == json.end() || length->is_number_unsigned())
    out.set_max_token_length(ValueOr<uint32_t>(json, "max_token_length", 40));
  out.set_lower_case(ValueOr(json, "lower_case", true));
  out.set_stem(ValueOr(json, "stem", true));
  out.set_remove_stop_words(ValueOr(json, "remove_stop_words", true));
  out.set_ascii_folding(ValueOr(json, "ascii_folding", true));
  out.set_min_ngram_length(ValueOr<uint32_t>(json, "min_ngram_length", 3));
  out.set_max_ngram_length(ValueOr<uint32_t>(json, "max_ngram_length", 3));
  out.set_prefix_only(ValueOr(json, "prefix_only", false));
  out.set_block_size(static_cast<uint32_t>(kBlockDocuments));
  out.set_posting_format_version(kIndexVersion);
  out.set_documents(documents);
  return out;
}

/// One entry in the making, in a folder of its own that is removed unless it is kept.
class Writer {
 public:
  Writer(const table::Snapshot& snapshot, const TextIndexWork& work, std::string uuid, table::Projection columns,
         std::shared_ptr<const Analyzer> analyzer)
      : snapshot_(snapshot),
        fs_(snapshot.files()->fs()),
        work_(work),
        columns_(std::move(columns)),
        analyzer_(std::move(analyzer)),
        uuid_(std::move(uuid)),
        folder_(snapshot.paths().Index(uuid_)),
        builder_(work.parameters.with_positions) {
    metadata_.analyzer = work.parameters.analyzer;
    metadata_.with_positions = work.parameters.with_positions;
  }
  ~Writer() {
    if (!keep_) (void)fs_.RemoveAll(folder_);
  }

  Result<pb::IndexMetadata> Write(bool is_lance_kind) {
    TRY(fs_.CreateFolders(folder_));
    covered_ = work_.fragments;
    for (const pb::IndexMetadata& entry : work_.replaced) TRY(TakeOver(entry));
    for (const table::RowRange& fragment : table::PlanRanges(snapshot_, INT64_MAX))
      if (work_.fragments.contains(snapshot_.fragment(fragment.fragment).id())) TRY(ReadFragment(fragment));
    if (builder_.num_documents() > 0) sources_.push_back({TextPart::Make(builder_.Finish()), {}});
    TRY(WriteParts());
    for (const uint64_t part : spilled_)
      for (const char* what : {"tokens", "docs", "invert"})
        TRY(fs_.Remove(JoinPath(folder_, PartFileName(part, what))));
    files_.push_back(TRY(WriteTextMetadata(fs_, folder_, metadata_)));
    keep_ = true;
    return Describe(is_lance_kind);
  }

 private:
  Result<void> TakeOver(const pb::IndexMetadata& entry) {
    const auto index = TRY(TextIndex::Open(snapshot_, entry));
    if (index->parameters().columns != work_.parameters.columns ||
        (work_.parameters.with_positions && !index->parameters().with_positions))
      return Corruption("the entries of index '" + work_.name + "' differ in what they are of");
    auto live = std::make_shared<std::map<uint64_t, const lance::RowSet*>>();
    for (const uint64_t id : TRY(CoveredByTextIndex(snapshot_, entry))) {
      table::Fragment* fragment = snapshot_.FindFragment(id);
      if (fragment == nullptr || !covered_.insert(id).second) continue;  // of another entry
      (*live)[id] = TRY(fragment->Deleted());
    }
    const auto keep = [live](uint64_t row) {
      const auto fragment = live->find(row >> 32);
      const uint64_t offset = row & 0xffffffff;
      return fragment != live->end() && offset < fragment->second->num_rows() && !fragment->second->Contains(offset);
    };
    for (const auto& part : index->parts()) sources_.push_back({part, keep});
    return {};
  }

  /// A few rows at a time, as many as their texts allow.
  Result<void> ReadFragment(const table::RowRange& fragment) {
    int64_t rows = kFirstRows;
    for (int64_t first = 0; first < fragment.count;) {
      const int64_t count = std::min(rows, fragment.count - first);
      const table::RangeBatch read = TRY(table::ReadRange(snapshot_, columns_, {fragment.fragment, first, count}));
      first += count;
      int64_t bytes = 1;
      for (const Array& column : read.batch.columns) bytes += column.byte_size();
      rows = std::clamp(kReadBytes * count / bytes, int64_t{1}, std::min(kRowsMax, 2 * rows));
      for (int64_t row = 0; row < read.batch.num_rows; row++) {
        AddDocument(read.batch, row, read.addresses[static_cast<size_t>(row)]);
        if (builder_.size_bytes() >= work_.memory_bytes_max / 2) TRY(Spill());
      }
    }
    return {};
  }

  void AddDocument(const Batch& batch, int64_t row, uint64_t address) {
    uint32_t base = 0;
    for (size_t column = 0; column < batch.columns.size(); column++) {
      if (!batch.columns[column].IsValid(row)) continue;
      uint32_t last = base;
      const uint32_t boost = work_.parameters.columns[column].boost;
      analyzer_->ForEach(batch.columns[column].Text(row), [&](std::string_view word, uint32_t position) {
        builder_.AddWord(word, last = base + position, boost);
      });
      base = (last / kColumnGap + 2) * kColumnGap;
    }
    if (builder_.has_words()) builder_.EndDocument(address);
  }

  Result<void> Spill() {
    const uint64_t number = kSpilledPart + spilled_.size();
    spilled_.push_back(number);
    TRY(WritePart(number, builder_.Finish()));
    auto part = TRY(OpenPart(snapshot_.files(), folder_, number, metadata_));
    sources_.push_back({std::move(part), {}});
    return {};
  }

  Result<WrittenFiles> WritePart(uint64_t number, IndexPart part) {
    auto writer = PartWriter::Create(fs_, folder_, number, metadata_.with_positions);
    if (!writer) return std::move(writer.error());
    std::vector<uint64_t> rows = std::move(part.rows);
    std::vector<uint32_t> lengths = std::move(part.lengths);
    TRY(writer->Add(std::move(part)));
    return writer->Finish(std::move(rows), std::move(lengths));
  }

  /// Neighbouring sources become a part, as long as it does not get too large.
  Result<void> WriteParts() {
    for (size_t begin = 0; begin < sources_.size();) {
      uint64_t documents = 0, words = 0;
      size_t end = begin;
      for (; end < sources_.size(); end++) {
        documents += sources_[end].part->num_documents();
        words += sources_[end].part->total_words();
        if (end > begin && (documents > kPartDocumentsMax || words > kPartWordsMax)) break;
      }
      const uint64_t number = metadata_.parts.size();
      const auto files = TRY(MergeParts(fs_, folder_, number, metadata_.with_positions,
                                        std::span(sources_).subspan(begin, end - begin), documents_));
      files_.insert(files_.end(), files.begin(), files.end());
      metadata_.parts.push_back(number);
      for (; begin < end; begin++) sources_[begin] = {};
    }
    return {};
  }

  pb::IndexMetadata Describe(bool is_lance_kind) const {
    pb::IndexMetadata out = index::DescribeIndex(snapshot_, uuid_, columns_.field_ids[0], work_.name, files_);
    uint64_t limit = 1;
    for (const uint64_t id : covered_) limit = std::max(limit, id + 1);
    lance::RowSet fragments(limit);
    pb::TextIndexDetails own;
    own.set_documents(documents_);
    for (const TextIndexParameters::Column& column : work_.parameters.columns) {
      pb::TextIndexDetails::Column& described = *own.add_columns();
      described.set_field_id(column.field_id);
      described.set_boost(column.boost);
    }
    for (const uint64_t id : covered_) {
      const table::Fragment* fragment = snapshot_.FindFragment(id);
      if (fragment == nullptr) continue;
      if (is_lance_kind) fragments.Add(id);
      own.add_fragments()->set_id(id);
      own.mutable_fragments(own.fragments_size() - 1)->set_files(HashOfFiles(*fragment, columns_.field_ids));
    }
    const auto bitmap = lance::SerializeRoaring(fragments);
    out.set_fragment_bitmap(bitmap.data(), bitmap.size());
    for (size_t i = 1; i < columns_.field_ids.size(); i++) out.add_fields(columns_.field_ids[i]);
    out.mutable_index_details()->set_type_url(is_lance_kind ? kTextDetailsUrl : kOwnTextDetailsUrl);
    out.mutable_index_details()->set_value(
        is_lance_kind ? LanceDetails(work_.parameters, documents_).SerializeAsString() : own.SerializeAsString());
    out.set_index_version(kIndexVersion);
    return out;
  }

  const table::Snapshot& snapshot_;
  FileSystem& fs_;
  const TextIndexWork& work_;
  table::Projection columns_;
  std::shared_ptr<const Analyzer> analyzer_;
  std::string uuid_;
  std::string folder_;
  PartBuilder builder_;
  TextMetadata metadata_;
  std::vector<PartSource> sources_;
  std::vector<uint64_t> spilled_;
  std::set<uint64_t> covered_;  // fragments
  uint64_t documents_ = 0;
  WrittenFiles files_;
  bool keep_ = false;
};

}  // namespace

bool CanIndexText(const DataType& type) { return type.id == TypeId::kString || type.id == TypeId::kLargeString; }

Result<bool> IsLanceKind(const TextIndexParameters& parameters) {
  const auto analyzer = TRY(Analyzer::FromJson(parameters.analyzer));
  return !analyzer->is_code() && parameters.columns.size() == 1 && parameters.columns[0].boost == 1;
}

Result<pb::IndexMetadata> WriteTextIndex(const table::Snapshot& snapshot, const TextIndexWork& work) {
  const bool is_lance_kind = TRY(IsLanceKind(work.parameters));
  table::Projection columns;
  for (const TextIndexParameters::Column& column : work.parameters.columns) {
    const Field* field = snapshot.FindField(column.field_id);
    if (field == nullptr) return NotFound("a text index of a column that is not there");
    if (!CanIndexText(field->type))
      return Unsupported("a column of type " + field->type.ToString() + " cannot have a text index: it wants text");
    if (column.boost < 1 || column.boost > 100) return InvalidArgument("a boost is a whole number from 1 to 100");
    columns.schema.fields.push_back(*field);
    columns.field_ids.push_back(column.field_id);
  }
  if (columns.field_ids.empty()) return InvalidArgument("a text index of no column");
  if (snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds)
    return Unsupported("a table with stable row ids gets no text index", snapshot.paths().root);
  std::string uuid = TRY(snapshot.NewNames()).Uuid();
  auto analyzer = TRY(Analyzer::FromJson(work.parameters.analyzer, work.parameters.stop_words));
  return Writer(snapshot, work, std::move(uuid), std::move(columns), std::move(analyzer)).Write(is_lance_kind);
}

}  // namespace squire::text
