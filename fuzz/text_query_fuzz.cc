// A question in words, asked of a few documents. Before the first NUL the question, behind it a document.

#include "index/text/bm25.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(text.find('\0'), text.size());
  auto query = text::ParseTextQuery(text.substr(0, cut));
  if (!query) return 0;
  fuzz::Require(query->words.size() <= text::kMaxQueryWords, "a query has so many words at most");
  text::TextScorer scorer(*std::move(query));
  const text::TextDocument documents[] = {{0, "the quick brown fox", "Fox", "src/fox.cc", true},
                                          {1, text.substr(cut), "", "", true}};
  scorer.AddBatch(documents);
  fuzz::Require(scorer.Finish(10).size() <= 2, "no more is found than there is");
  return 0;
}
