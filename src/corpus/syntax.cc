#include "corpus/syntax.h"

#include <algorithm>
#include <string>

#include "corpus/syntax_walk.h"

namespace squire::corpus {
namespace {

/// The parser calls back each 100 steps of its own. Real code takes 0.03 calls a byte at most; error recovery in hostile
/// text takes any number. A count, not a clock, so that the same text always gives the same chunks.
constexpr uint64_t kCallsMin = 20'000;
constexpr uint64_t kBytesPerCall = 4;

struct Work {
  uint64_t calls_left;
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
  struct Source {
    std::string_view text;
    static const char* Read(void* payload, uint32_t at, TSPoint, uint32_t* bytes) {
      const std::string_view all = static_cast<Source*>(payload)->text;
      *bytes = at < all.size() ? static_cast<uint32_t>(all.size() - at) : 0;
      return at < all.size() ? all.data() + at : "";
    }
  } source{text};
  Work work{kCallsMin + text.size() / kBytesPerCall};
  const TSInput input = {&source, Source::Read, TSInputEncodingUTF8, nullptr};
  const TSParseOptions options = {&work, [](TSParseState* state) {
                                    auto& left = static_cast<Work*>(state->payload)->calls_left;
                                    return left == 0 || --left == 0;
                                  }};
  Tree tree(ts_parser_parse_with_options(parser_.get(), nullptr, input, options));
  ts_parser_reset(parser_.get());
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
