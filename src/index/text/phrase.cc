#include "index/text/phrase.h"

namespace squire::text {

PhraseMatcher::PhraseMatcher(std::vector<uint16_t> words) : words_(std::move(words)), fallback_(words_.size() + 1) {
  uint16_t matched = 0;
  for (size_t i = 1; i < words_.size(); ++i) {
    while (matched > 0 && words_[i] != words_[matched]) matched = fallback_[matched];
    if (words_[i] == words_[matched]) ++matched;
    fallback_[i + 1] = matched;
  }
}

bool PhraseMatcher::Holds(std::string_view text, const WordScanner& scanner) const {
  size_t matched = 0;
  ForEachWord(text, [&](std::string_view word, WordKind kind) {
    if (kind != WordKind::kPart || matched == words_.size()) return;
    const int found = scanner.Find(word);
    while (matched > 0 && words_[matched] != found) matched = fallback_[matched];
    if (words_[matched] == found) ++matched;
  });
  return matched == words_.size();
}

}  // namespace squire::text
