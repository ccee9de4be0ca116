// Ignore files and globs. First line: a path. The rest: the patterns.

#include "corpus/glob.h"
#include "corpus/ignore.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(text.find('\n'), text.size());
  const std::string_view path = text.substr(0, cut), rules = text.substr(std::min(cut + 1, text.size()));
  const corpus::IgnoreFile file(rules, ".gitignore", "");
  for (bool is_folder : {false, true}) {
    const auto answer = file.Judge(path, is_folder);
    if (answer.verdict != corpus::IgnoreFile::Verdict::kSilent) (void)file.Describe(answer.line);
  }
  const corpus::PathFilter filter(rules.substr(0, 4096));
  if (filter.MatchesItself(path)) fuzz::Require(filter.Matches(path), "what matches itself matches");
  (void)filter.MayMatchBelow(path);
  return 0;
}
