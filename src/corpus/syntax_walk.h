#pragma once

/// SyntaxWalk: one pass over one tree, making its outline. Used by SyntaxOutliner alone.

#include <string>
#include <string_view>
#include <vector>

#include "corpus/syntax.h"

namespace squire::corpus {

class SyntaxWalk {
 public:
  SyntaxWalk(const SyntaxOutliner& outliner, std::string_view text, const Lines& lines);

  Outline Run(TSNode root);

 private:
  /// A node that the walk is inside of.
  struct Frame {
    uint32_t first = 0;        // where a definition inside begins, if `lends`
    int32_t item = -1;         // the innermost item
    uint32_t scope_bytes = 0;  // length of scope_ to come back to
    uint32_t depth = 0;        // of items
    bool lends = false;        // a wrapper whose first line is not yet taken
    bool in_function = false;
    bool swallows = false;  // a typedef: the specifier inside is not told apart
    bool has_lead = false;  // comments right before the next child
    uint32_t lead_first = 0, lead_last = 0;
    uint32_t previous_last = UINT32_MAX;  // last line of the child before
  };

  struct Span {
    uint32_t first;
    uint32_t last;
  };

  void Visit(TSNode node, Frame& frame, Frame& inside, bool& enter);
  void VisitComment(Span span, Frame& frame, bool is_attribute);
  bool AddItem(TSNode node, const NodeRule& rule, Span span, const Frame& frame, Frame& inside);
  bool ResolveBinding(TSNode node, const Frame& frame, Item& item);
  bool ResolveDeclaration(TSNode node, const Frame& frame, Item& item, std::string_view name);
  std::string_view RefinedKind(TSNode node, std::string_view kind) const;
  const NodeRule* RuleOf(TSNode node) const;
  Span SpanOf(TSNode node) const;
  void FillCutCosts();

  std::string NameOf(TSNode node, NameFrom from) const;
  std::string DeclaratorName(TSNode node) const;
  std::string TypeName(TSNode node) const;
  std::string ReceiverName(TSNode node) const;
  std::string TextOf(TSNode node) const;
  TSNode Field(TSNode node, TSFieldId field) const;
  bool HasFunctionDeclarator(TSNode node) const;

  const SyntaxOutliner& outliner_;
  std::string_view text_;
  const Lines& lines_;
  Outline outline_;
  std::string scope_;             // "ns::Outer::"
  std::vector<int32_t> nesting_;  // per line, changes of how many nodes of several lines go on across its start
};

}  // namespace squire::corpus
