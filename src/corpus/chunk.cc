#include "corpus/chunk.h"

#include <map>
#include <optional>

#include "corpus/grammar.h"
#include "corpus/language.h"
#include "corpus/lines.h"
#include "corpus/pack.h"
#include "corpus/syntax.h"

namespace squire::corpus {

/// Made when a language is first met.
struct Chunker::Parsers {
  std::map<const Grammar*, SyntaxOutliner> by_grammar;

  SyntaxOutliner& Of(const Grammar& grammar) {
    const auto found = by_grammar.find(&grammar);
    return found != by_grammar.end() ? found->second : by_grammar.emplace(&grammar, grammar).first->second;
  }
};

Chunker::Chunker() : parsers_(std::make_unique<Parsers>()) {}
Chunker::Chunker(Chunker&&) noexcept = default;
Chunker& Chunker::operator=(Chunker&&) noexcept = default;
Chunker::~Chunker() = default;

Result<ChunkedFile> Chunker::Chunk(std::string_view path, std::string_view text) {
  if (text.size() > kChunkedBytesMax) {
    return OverBudget("a file of " + std::to_string(text.size()) + " bytes is over the limit of " +
                      std::to_string(kChunkedBytesMax) + " for chunking");
  }
  ChunkedFile out;
  out.lang = LanguageOf(path, text);
  const Lines lines(text);
  std::optional<Outline> outline;
  if (out.lang == "markdown") {
    outline = OutlineMarkdown(lines, out.frontmatter);
  } else if (out.lang == "rst") {
    outline = OutlineRst(lines);
  } else if (const Grammar* grammar = GrammarOf(out.lang)) {
    if (text.size() <= kParsedBytesMax) outline = parsers_->Of(*grammar).Run(text, lines, out.syntax_errors);
    out.parser_gave_up = !outline;
  }
  if (!outline) outline = OutlinePlain(lines);
  out.chunks = Pack(lines, *outline, out.lang);
  return out;
}

}  // namespace squire::corpus
