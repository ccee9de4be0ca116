// Any bytes as the words of an index; and any words, which come back as they were.

#include <set>

#include "index/text/fst_words.h"
#include "index/text/fst_writer.h"
#include "input.h"

namespace {

using namespace squire;

std::string_view WordAt(const text::NumberedWords& words, size_t at) {
  const size_t begin = at == 0 ? 0 : words.ends[at - 1];
  return std::string_view(words.bytes).substr(begin, words.ends[at] - begin);
}

void CheckWritten(std::string_view lines) {
  std::set<std::string_view> words;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    words.insert(lines.substr(begin, end - begin));
    begin = end + 1;
  }
  text::FstWriter writer;
  uint32_t number = 0;
  for (const std::string_view word : words) writer.Add(word, number++);
  const auto read = text::ReadFstWords(writer.Finish(), words.size());
  fuzz::Require(read && read->ends.size() == words.size(), "what was written is read");
  size_t at = 0;
  for (const std::string_view word : words) {
    fuzz::Require(WordAt(*read, at) == word && read->numbers[at] == at, "each word has its number");
    at++;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  CheckWritten({reinterpret_cast<const char*>(data), size});
  const auto words = text::ReadFstWords({data, size}, 1000);
  if (!words) return 0;
  fuzz::Require(words->ends.size() == words->numbers.size(), "each word has a number");
  for (size_t i = 1; i < words->ends.size(); i++)
    fuzz::Require(WordAt(*words, i - 1) < WordAt(*words, i), "words ascend");
  return 0;
}
