#pragma once

/// SyntaxOutliner: the outline of a file of code, by its tree-sitter grammar. Walks the tree with a cursor and an
/// explicit stack; looks only into nodes of several lines. THREADS: one owner.

#include <tree_sitter/api.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "corpus/grammar.h"
#include "corpus/lines.h"
#include "corpus/outline.h"

namespace squire::corpus {

class SyntaxOutliner {
 public:
  /// REQUIRES: `grammar` lives for ever (they are constants).
  explicit SyntaxOutliner(const Grammar& grammar);

  /// The outline of `text`, whose lines are `lines`; nothing if the parser passed its limit on work.
  /// `syntax_errors` tells whether it had to guess.
  std::optional<Outline> Run(std::string_view text, const Lines& lines, bool& syntax_errors);

 private:
  friend class SyntaxWalk;

  struct FreeParser {
    void operator()(TSParser* parser) const { ts_parser_delete(parser); }
  };
  struct FreeTree {
    void operator()(TSTree* tree) const { ts_tree_delete(tree); }
  };
  using Tree = std::unique_ptr<TSTree, FreeTree>;

  Tree Parse(std::string_view text);

  const Grammar& grammar_;
  std::unique_ptr<TSParser, FreeParser> parser_;
  std::vector<uint8_t> rule_by_symbol_;  // index into grammar_.rules + 1, or 0
  TSFieldId name_, body_, declarator_, type_, left_, right_, value_, key_, property_, receiver_;
};

}  // namespace squire::corpus
