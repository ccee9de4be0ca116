// A question in words, asked of a few documents. Before the first NUL the question, behind it a document.

#include "index/text/search_parts.h"
#include "input.h"

namespace {

using namespace squire;

/// The same question of parts of an index, with columns.
void SearchIn(std::string_view question, std::string_view text) {
  const auto analyzer = text::Analyzer::ForCode();
  auto conditions = text::ParseConditions(question, {{"name", "path"}, question.size() % 2 == 0});
  if (!conditions) return;
  // What should be held as a whole is nothing that can be written.
  for (size_t i = 0; i < conditions->size(); i++)
    if ((question.size() / 2 + i) % 3 == 0) (*conditions)[i].role = TextCondition::Role::kShould;
  const auto query = text::CompileTextQuery(*conditions, *analyzer, question.size() % 5);
  if (!query) return;
  text::PartBuilder builder(true);
  for (const std::string_view document : {std::string_view("the quick brown fox"), text}) {
    uint32_t words = 0;
    analyzer->ForEach(document, [&](std::string_view word, uint32_t position) {
      if (words++ < 1000) builder.AddWord(word, position);
    });
    builder.EndDocument(document.size());
  }
  const auto cache = std::make_shared<text::ListCache>(1 << 20);
  const std::shared_ptr<const text::SearchedPart> parts[] = {
      std::make_shared<const text::SearchedPart>(text::TextPart::Make(builder.Finish()), cache)};
  text::PartsSearch search;
  search.query = &*query;
  search.parts = parts;
  search.holds = [](uint64_t, const text::TextClause& clause) -> Result<bool> { return clause.excluded; };
  const auto hits = text::SearchParts(search);
  fuzz::Require(hits && hits->size() <= 2, "no more is found than there is");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(text.find('\0'), text.size());
  SearchIn(text.substr(0, cut), text.substr(cut));
  auto query = text::ParseTextQuery(text.substr(0, cut));
  if (!query) return 0;
  fuzz::Require(query->words.size() <= text::kMaxQueryWords, "a query has so many words at most");
  if (!query->is_plain()) return 0;  // for parts of an index only
  text::TextScorer scorer(*std::move(query));
  const text::TextDocument documents[] = {{0, "the quick brown fox", "Fox", "src/fox.cc", true},
                                          {1, text.substr(cut), "", "", true}};
  scorer.AddBatch(documents);
  fuzz::Require(scorer.Finish(10).size() <= 2, "no more is found than there is");
  return 0;
}
