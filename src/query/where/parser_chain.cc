// Long chains in the parser: an arm whose text differs from that of the arm before it in one value alone has the same
// nodes but for that value, and is not parsed again.

#include <cstring>

#include "query/where/parser_impl.h"

namespace squire::where {
namespace {

constexpr size_t kArmBytesMax = 1024;  // of text around the value
constexpr uint32_t kArmLinksMax = 8;

/// One past the end of the literal at `at`: of a string the closing quote, of a number what follows its digits.
size_t EndOfLiteral(std::string_view text, size_t at, NodeKind kind, char quote) {
  if (kind == NodeKind::kString) {
    const void* found = at < text.size() ? std::memchr(text.data() + at, quote, text.size() - at) : nullptr;
    return found == nullptr ? text.size() : static_cast<size_t>(static_cast<const char*>(found) - text.data());
  }
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') at++;
  return at;
}

}  // namespace

/// The match in `arm` whose value stands in the text of the arm itself: the arm, or one of its links; kNone without.
uint32_t Parser::KeyOfArm(const Pending& chain, uint32_t arm) const {
  const auto& [text, nodes, links, root] = out_.syntax;
  const auto is_key = [&](uint32_t index) {
    const Node& node = nodes[index];
    const auto kind = static_cast<NodeKind>(node.c);
    return node.kind == NodeKind::kMatch && node.at > chain.a && node.flags == 0 &&
           (kind == NodeKind::kString || kind == NodeKind::kInteger);
  };
  const Node& node = nodes[arm];
  if (is_key(arm)) return arm;
  if (chain.wait != Wait::kOr || node.kind != NodeKind::kAnd || node.c > kArmLinksMax) return kNone;
  uint32_t count = node.c;
  for (uint32_t link = node.a; count > 0; link = links[link].next, count--) {
    if (is_key(links[link].node)) return links[link].node;
  }
  return kNone;
}

/// Appends an arm like `arm` with another value in place of its match `key`; what it asks besides is shared.
Status Parser::AddArm(Pending& chain, uint32_t arm, uint32_t key, uint32_t at, uint32_t size) {
  auto& [text, nodes, links, root] = out_.syntax;
  Node match = nodes[key];
  match.at = at;
  match.b = size;
  TRY(Add(match));
  const uint32_t made = LastNode();
  if (arm == key) {
    Append(chain, made);
    return {};
  }
  Node both = nodes[arm];
  const auto first = static_cast<uint32_t>(links.size());
  uint32_t count = both.c;
  for (uint32_t link = both.a; count > 0; link = links[link].next, count--) {
    const uint32_t node = links[link].node;
    links.push_back({node == key ? made : node, static_cast<uint32_t>(links.size() + 1)});
  }
  links.back().next = kNone;
  both.a = first;
  both.b = static_cast<uint32_t>(links.size() - 1);
  TRY(Add(both));
  Append(chain, LastNode());
  return {};
}

/// `arm` was written from chain.a to where the lexer is, the operator behind it included: takes the arms that follow as
/// long as they are written alike.
Status Parser::RepeatArm(Pending& chain, uint32_t arm) {
  const uint32_t key = KeyOfArm(chain, arm);
  if (key == kNone) return {};
  const std::string_view text = out_.syntax.text;
  const Node match = out_.syntax.nodes[key];
  const auto kind = static_cast<NodeKind>(match.c);
  const size_t begin = chain.a, end = lexer_.position();
  if (end - begin - match.b > kArmBytesMax) return {};
  const std::string_view before = text.substr(begin, match.at - begin);
  const std::string_view after = text.substr(match.at + match.b, end - match.at - match.b);
  // A number must end where its digits do, not go on as 1.5 or 1e3.
  if (kind == NodeKind::kInteger && after[0] != ' ' && after[0] != ')') return {};
  size_t position = end;
  while (text.substr(position).starts_with(before)) {
    const size_t at = position + before.size();
    const size_t literal_end = EndOfLiteral(text, at, kind, text[match.at - 1]);
    if ((kind == NodeKind::kInteger && literal_end == at) || !text.substr(literal_end).starts_with(after)) break;
    // "OR" goes on to be another word unless what follows is what followed it before.
    if (!text.substr(literal_end + after.size()).starts_with(before[0])) break;
    TRY(AddArm(chain, arm, key, static_cast<uint32_t>(at), static_cast<uint32_t>(literal_end - at)));
    position = literal_end + after.size();
  }
  lexer_.set_position(position);
  return {};
}

}  // namespace squire::where
