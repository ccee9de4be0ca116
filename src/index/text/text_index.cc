#include "index/text/text_index.h"

#include <xxhash.h>

#include <algorithm>

#include "index/coverage.h"
#include "index/text/text_files.h"
#include "lance/parse_message.h"
#include "lance/proto/text_index.pb.h"

namespace squire::text {
namespace {

constexpr int kColumnsMax = 64;

Result<pb::TextIndexDetails> OwnDetails(const pb::IndexMetadata& index) {
  pb::TextIndexDetails details;
  if (!lance::ParseMessage(AsBytes(index.index_details().value()), details) || details.columns().empty() ||
      details.columns_size() > kColumnsMax)
    return Corruption("the details of index '" + index.name() + "' do not parse");
  return details;
}

}  // namespace

Result<std::vector<TextIndexParameters::Column>> ColumnsOfTextIndex(const pb::IndexMetadata& index) {
  std::vector<TextIndexParameters::Column> out;
  if (index.index_details().type_url() == kTextDetailsUrl) {
    if (index.fields_size() != 1) return Unsupported("text index '" + index.name() + "' over several columns");
    pb::InvertedIndexDetails details;
    if (!lance::ParseMessage(AsBytes(index.index_details().value()), details))
      return Corruption("the details of index '" + index.name() + "' do not parse");
    if (details.document_granularity() != 0)
      return Unsupported("text index '" + index.name() + "' whose documents are items of lists");
    out.push_back({index.fields(0), 1});
    return out;
  }
  const auto details = TRY(OwnDetails(index));
  for (const pb::TextIndexDetails::Column& column : details.columns())
    out.push_back({column.field_id(), column.boost()});
  return out;
}

bool IsTextIndex(const pb::IndexMetadata& index) {
  const std::string& url = index.index_details().type_url();
  return !index.has_base_id() && (url == kTextDetailsUrl || url == kOwnTextDetailsUrl);
}

uint64_t HashOfFiles(const table::Fragment& fragment, std::span<const int32_t> field_ids) {
  std::string names;
  for (const pb::DataFile& file : fragment.meta().files())
    for (const int32_t id : file.fields())
      if (std::ranges::find(field_ids, id) != field_ids.end()) names += std::to_string(id) + ' ' + file.path() + '\n';
  return XXH3_64bits(names.data(), names.size());
}

Result<std::set<uint64_t>> CoveredByTextIndex(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  if (index.index_details().type_url() != kOwnTextDetailsUrl) return index::CoveredFragments(snapshot, index);
  const auto details = TRY(OwnDetails(index));
  std::vector<int32_t> field_ids;
  for (const pb::TextIndexDetails::Column& column : details.columns()) field_ids.push_back(column.field_id());
  std::set<uint64_t> out;
  for (const pb::TextIndexDetails::Fragment& covered : details.fragments()) {
    const table::Fragment* fragment = snapshot.FindFragment(covered.id());
    if (fragment != nullptr && HashOfFiles(*fragment, field_ids) == covered.files()) out.insert(covered.id());
  }
  return out;
}

std::optional<uint64_t> DocumentsOfTextIndex(const pb::IndexMetadata& index) {
  if (index.index_details().type_url() == kOwnTextDetailsUrl) {
    const auto own = OwnDetails(index);
    return own && own->has_documents() ? std::optional(own->documents()) : std::nullopt;
  }
  pb::InvertedIndexDetails details;
  const bool is_known = lance::ParseMessage(AsBytes(index.index_details().value()), details) && details.has_documents();
  return is_known ? std::optional(details.documents()) : std::nullopt;
}

Result<std::shared_ptr<const TextIndex>> TextIndex::Open(const table::Snapshot& snapshot,
                                                         const pb::IndexMetadata& index) {
  std::shared_ptr<TextIndex> out(new TextIndex());
  out->parameters_.columns = TRY(ColumnsOfTextIndex(index));
  const std::string folder = snapshot.paths().Index(table::UuidText(index.uuid()));
  const TextMetadata metadata = TRY(ReadTextMetadata(*snapshot.files(), folder));
  out->parameters_.analyzer = metadata.analyzer;
  out->parameters_.with_positions = metadata.with_positions;
  for (const uint64_t part : metadata.parts)
    out->parts_.push_back(TRY(OpenPart(snapshot.files(), folder, part, metadata)));
  for (const auto& part : out->parts_)
    if (std::ranges::any_of(Analyzer::KeptWords(),
                            [&](const std::string& word) { return part->Find(word).has_value(); }))
      out->parameters_.stop_words = StopWords::kLance14;
  return std::shared_ptr<const TextIndex>(std::move(out));
}

uint64_t TextIndex::num_documents() const {
  uint64_t out = 0;
  for (const auto& part : parts_) out += part->num_documents();
  return out;
}

uint64_t TextIndex::total_words() const {
  uint64_t out = 0;
  for (const auto& part : parts_) out += part->total_words();
  return out;
}

}  // namespace squire::text
