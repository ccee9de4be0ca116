#include "corpus/syntax.h"

#include <algorithm>
#include <string>

#include "corpus/syntax_walk.h"

namespace squire::corpus {
namespace {

/// What one parse may cost. Steps: the parser calls back each 100 of its own; real code takes 0.02 calls a byte at
/// most, error recovery in hostile text any number. Bytes: a lexer that looks for the end of a string that has none
/// reads to the end of the text, and may do so again for each quote. Counts, not a clock, so that the same text always
/// gives the same chunks.
constexpr uint64_t kCallsMin = 2'000;
constexpr uint64_t kBytesPerCall = 32;
constexpr size_t kSliceBytes = 4096;
constexpr uint64_t kSlicesMin = 2'000;
constexpr uint64_t kReadsOfTextMax = 64;

/// The text as the parser reads it, in slices, and what it may still cost.
struct Work {
  std::string_view text;
  uint64_t calls_left;
  uint64_t slices_left;

  explicit Work(std::string_view all)
      : text(all),
        calls_left(kCallsMin + all.size() / kBytesPerCall),
        slices_left(kSlicesMin + all.size() / kSliceBytes * kReadsOfTextMax) {}

  [[nodiscard]] bool spent() const { return calls_left == 0 || slices_left == 0; }

  static const char* Read(void* payload, uint32_t at, TSPoint, uint32_t* bytes) {
    Work& work = *static_cast<Work*>(payload);
    if (work.slices_left > 0) --work.slices_left;
    const bool end = at >= work.text.size() || work.spent();
    *bytes = end ? 0 : static_cast<uint32_t>(std::min(work.text.size() - at, kSliceBytes));
    return end ? "" : work.text.data() + at;
  }

  static bool Step(TSParseState* state) {
    Work& work = *static_cast<Work*>(state->payload);
    if (work.calls_left > 0) --work.calls_left;
    return work.spent();
  }
};

}  // namespace

SyntaxOutliner::SyntaxOutliner(const Grammar& grammar) : grammar_(grammar), parser_(ts_parser_new()) {
  const TSLanguage* language = grammar.language();
  ts_parser_set_language(parser_.get(), language);
  rule_by_symbol_.assign(ts_language_symbol_count(language), 0);
  for (TSSymbol symbol = 0; symbol < rule_by_symbol_.size(); ++symbol) {
    if (ts_language_symbol_type(language, symbol) != TSSymbolTypeRegular) continue;
    const std::string_view name = ts_language_symbol_name(language, symbol);
    for (size_t i = 0; i < grammar.rules.size(); ++i) {
      if (grammar.rules[i].type == name) rule_by_symbol_[symbol] = static_cast<uint8_t>(i + 1);
    }
  }
  const auto field = [&](std::string_view name) {
    return ts_language_field_id_for_name(language, name.data(), static_cast<uint32_t>(name.size()));
  };
  name_ = field("name"), body_ = field("body"), declarator_ = field("declarator"), type_ = field("type");
  left_ = field("left"), right_ = field("right"), value_ = field("value"), key_ = field("key");
  property_ = field("property"), receiver_ = field("receiver");
}

SyntaxOutliner::Tree SyntaxOutliner::Parse(std::string_view text) {
  Work work(text);
  const TSInput input = {&work, Work::Read, TSInputEncodingUTF8, nullptr};
  const TSParseOptions options = {&work, Work::Step};
  Tree tree(ts_parser_parse_with_options(parser_.get(), nullptr, input, options));
  ts_parser_reset(parser_.get());
  if (work.spent()) tree.reset();  // it saw an end of the text that is none
  return tree;
}

std::optional<Outline> SyntaxOutliner::Run(std::string_view text, const Lines& lines, bool& syntax_errors) {
  const Tree tree = Parse(text);
  if (!tree) return std::nullopt;
  const TSNode root = ts_tree_root_node(tree.get());
  syntax_errors = ts_node_has_error(root);
  return SyntaxWalk(*this, text, lines).Run(root);
}

}  // namespace squire::corpus
