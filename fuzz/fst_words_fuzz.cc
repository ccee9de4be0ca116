// Any bytes as the words of an index in the form of other programs.

#include "index/text/fst_words.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  const auto words = text::ReadFstWords({data, size}, 1000);
  if (!words) return 0;
  fuzz::Require(words->ends.size() == words->numbers.size(), "each word has a number");
  std::string_view before;
  for (size_t i = 0; i < words->ends.size(); i++) {
    const size_t begin = i == 0 ? 0 : words->ends[i - 1];
    const std::string_view word = std::string_view(words->bytes).substr(begin, words->ends[i] - begin);
    fuzz::Require(i == 0 || before < word, "words ascend");
    before = word;
  }
  return 0;
}
