#include "index/text/parameters.h"

#include <nlohmann/json.hpp>

#include "index/text/analyzer.h"
#include "index/text/posting_codec.h"
#include "index/text/text_files.h"
#include "lance/parse_message.h"
#include "lance/proto/text_index.pb.h"

namespace squire::text {
namespace {

constexpr uint32_t kBoostMax = 100;

std::string AnalyzerJson(const TextIndexOptions& options) {
  nlohmann::ordered_json out;
  out["lance_tokenizer"] = "text";
  out["base_tokenizer"] = options.base_tokenizer;
  out["language"] = options.language;
  out["with_position"] = options.with_position;
  out["max_token_length"] = nullptr;
  if (options.max_token_length) out["max_token_length"] = *options.max_token_length;
  out["lower_case"] = options.lower_case;
  out["stem"] = options.stem;
  out["remove_stop_words"] = options.remove_stop_words;
  out["custom_stop_words"] = nullptr;
  if (options.custom_stop_words) out["custom_stop_words"] = *options.custom_stop_words;
  out["ascii_folding"] = options.ascii_folding;
  out["min_ngram_length"] = options.min_ngram_length;
  out["max_ngram_length"] = options.max_ngram_length;
  out["prefix_only"] = options.prefix_only;
  out["block_size"] = kBlockDocuments;
  // A word that is no UTF-8 is nobody's stop word.
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

Result<TextIndexParameters> ParametersFor(std::span<const int32_t> field_ids, const TextIndexOptions& options) {
  if (!options.boosts.empty() && options.boosts.size() != field_ids.size())
    return InvalidArgument(std::to_string(options.boosts.size()) + " boosts for " + std::to_string(field_ids.size()) +
                           " columns");
  TextIndexParameters out;
  for (size_t i = 0; i < field_ids.size(); i++) {
    const uint32_t boost = options.boosts.empty() ? 1 : options.boosts[i];
    if (boost < 1 || boost > kBoostMax) return InvalidArgument("a boost is a whole number from 1 to 100");
    for (size_t before = 0; before < i; before++)
      if (field_ids[before] == field_ids[i]) return InvalidArgument("a column twice in a text index");
    out.columns.push_back({field_ids[i], boost});
  }
  out.analyzer = AnalyzerJson(options);
  out.with_positions = options.with_position;
  TRY(Analyzer::FromJson(out.analyzer));
  return out;
}

Result<TextIndexParameters> ParametersOf(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  TextIndexParameters out;
  out.columns = TRY(ColumnsOfTextIndex(index));
  const auto metadata = ReadTextMetadata(*snapshot.files(), snapshot.paths().Index(table::UuidText(index.uuid())));
  if (metadata) {
    out.analyzer = metadata->analyzer;
    out.with_positions = metadata->with_positions;
    TRY(Analyzer::FromJson(out.analyzer));
    return out;
  }
  const Code code = metadata.error().code;
  if (code == Code::kIo || code == Code::kTooManyFiles) return metadata.error();  // it may be there after all
  pb::InvertedIndexDetails details;
  if (index.index_details().type_url() != kTextDetailsUrl ||
      !lance::ParseMessage(AsBytes(index.index_details().value()), details) || !details.has_base_tokenizer())
    return metadata.error();
  nlohmann::ordered_json json;
  json["base_tokenizer"] = details.base_tokenizer();
  const auto language = nlohmann::json::parse(details.language(), nullptr, false);  // in quotes
  json["language"] = language.is_string() ? language.get<std::string>() : "English";
  json["with_position"] = details.with_position();
  json["max_token_length"] = nullptr;
  if (details.has_max_token_length()) json["max_token_length"] = details.max_token_length();
  json["lower_case"] = details.lower_case();
  json["stem"] = details.stem();
  json["remove_stop_words"] = details.remove_stop_words();
  json["ascii_folding"] = details.ascii_folding();
  json["min_ngram_length"] = details.min_ngram_length();
  json["max_ngram_length"] = details.max_ngram_length();
  json["prefix_only"] = details.prefix_only();
  out.analyzer = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  out.with_positions = details.with_position();
  TRY(Analyzer::FromJson(out.analyzer));
  return out;
}

}  // namespace squire::text
