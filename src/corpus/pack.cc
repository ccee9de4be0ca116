#include "corpus/pack.h"

#include <algorithm>
#include <string>

#include "corpus/utf8.h"

namespace squire::corpus {
namespace {

constexpr uint32_t kWithStragglersMax = kChunkTokensMax + kChunkTokensMax / 8;  // a brace more does not make a split

/// Lines first..last that belong together before small ones are joined.
struct Segment {
  uint32_t first;
  uint32_t last;
  int32_t owner;  // item, or -1
  uint32_t tokens;
  bool part = false;           // one of several that a long one was cut into
  bool joined = false;         // holds more than one segment
  std::vector<int32_t> names;  // items that name it, in order
};

enum class Fate : uint8_t { kHidden, kWhole, kSplit };

/// Decides for each item whether it is a chunk of its own, is opened so that its items can be, or is only text.
std::vector<Fate> DecideFates(const Lines& lines, const std::vector<Item>& items) {
  std::vector<Fate> fates(items.size(), Fate::kHidden);
  std::vector<uint8_t> has_items(items.size(), 0);
  for (const Item& item : items) {
    if (item.parent >= 0) has_items[item.parent] = 1;
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    if (item.parent >= 0 && fates[item.parent] != Fate::kSplit) continue;
    const uint32_t tokens = lines.Tokens(item.first, item.last + 1);
    const bool member = item.parent < 0 || items[item.parent].container;
    if (tokens < (member ? item.tokens_min : std::max(item.tokens_min, kChunkTokensMax / 3))) continue;
    const uint32_t limit = item.container && has_items[i] ? kSmallTokens : kChunkTokensMax;
    fates[i] = tokens <= limit ? Fate::kWhole : Fate::kSplit;
  }
  return fates;
}

class Packer {
 public:
  Packer(const Lines& lines, const Outline& outline) : lines_(lines), outline_(outline) {}

  std::vector<Segment> Run() {
    FindSegments();
    JoinStragglers();
    JoinSmall();
    return std::move(segments_);
  }

 private:
  const Item* ItemOf(int32_t owner) const { return owner < 0 ? nullptr : &outline_.items[owner]; }

  /// Runs of lines with one innermost item, too long ones cut, blank ones dropped.
  void FindSegments() {
    std::vector<int32_t> owner(lines_.count(), -1);
    const auto fates = DecideFates(lines_, outline_.items);
    for (size_t i = 0; i < fates.size(); ++i) {
      const Item& item = outline_.items[i];
      if (fates[i] == Fate::kHidden) continue;
      std::fill(owner.begin() + item.first, owner.begin() + item.last + 1, static_cast<int32_t>(i));
    }
    for (uint32_t first = 0; first < lines_.count();) {
      uint32_t end = first + 1;
      while (end < lines_.count() && owner[end] == owner[first]) ++end;
      AddRun(first, end, owner[first]);
      first = end;
    }
    for (Segment& segment : segments_) {
      if (segment.owner >= 0 && fates[segment.owner] == Fate::kWhole) NameMembers(segment);
    }
  }

  /// A container that is small enough to be one chunk is found by its members' names too.
  void NameMembers(Segment& segment) const {
    const auto& items = outline_.items;
    if (!items[segment.owner].container) return;
    for (size_t i = segment.owner + 1; i < items.size() && items[i].parent >= segment.owner; ++i) {
      if (items[i].parent == segment.owner) segment.names.push_back(static_cast<int32_t>(i));
    }
  }

  void AddRun(uint32_t first, uint32_t end, int32_t owner) {
    const bool part = lines_.Tokens(first, end) > kChunkTokensMax;
    while (lines_.Tokens(first, end) > kChunkTokensMax) {
      const uint32_t cut = BestCut(first, end);
      if (cut == end) break;
      AddSegment(first, cut, owner, part);
      first = cut;
    }
    AddSegment(first, end, owner, part);
  }

  void AddSegment(uint32_t first, uint32_t end, int32_t owner, bool part) {
    while (first < end && lines_.blank(first)) ++first;
    while (end > first && lines_.blank(end - 1)) --end;
    if (first == end) return;
    Segment segment{first, end - 1, owner, lines_.Tokens(first, end), part, false, {}};
    if (owner >= 0) segment.names.push_back(owner);
    segments_.push_back(std::move(segment));
  }

  /// Where the first chunk of the too long lines [first, end) should end: a shallow place at about an even share.
  uint32_t BestCut(uint32_t first, uint32_t end) const {
    const uint32_t total = lines_.Tokens(first, end);
    const uint32_t pieces = (total + kChunkTokensMax - 1) / kChunkTokensMax;
    const uint32_t target = total / pieces;
    uint32_t floor_cost = UINT32_MAX;  // the depth of the run itself does not count
    uint32_t best = 0;
    uint64_t best_score = UINT64_MAX;
    for (uint32_t line = first + 1; line < end; ++line) {
      const uint32_t tokens = lines_.Tokens(first, line);
      if (tokens > kChunkTokensMax) break;
      floor_cost = std::min(floor_cost, outline_.cut_cost[line]);
    }
    for (uint32_t line = first + 1; line < end; ++line) {
      const uint32_t tokens = lines_.Tokens(first, line);
      if (tokens > kChunkTokensMax) {
        if (best == 0) best = line > first + 1 ? line - 1 : line;  // one line alone is too long
        break;
      }
      if (lines_.blank(line) || tokens * 3 < target) continue;
      const uint32_t off = tokens > target ? tokens - target : target - tokens;
      const uint64_t score = uint64_t{outline_.cut_cost[line] - floor_cost} * 100 + uint64_t{off} * 300 / target;
      if (score <= best_score) {
        best_score = score;
        best = line;
      }
    }
    if (best == 0 && end - 1 > first) return end - 1;  // all the weight is in the last line
    return best == 0 ? end : best;
  }

  /// Whether all lines are closing brackets and such: they belong to what is before.
  bool OnlyClosers(const Segment& segment) const {
    for (uint32_t line = segment.first; line <= segment.last; ++line) {
      const std::string_view text = TrimBlanks(lines_.Line(line));
      if (text.empty()) continue;
      const bool closer = text[0] == '}' || text[0] == ')' || text[0] == ']' || text.starts_with("#endif") ||
                          text.starts_with("end") || text.starts_with("*/");
      if (!closer) return false;
    }
    return true;
  }

  void Absorb(Segment& into, Segment& other, bool take_names) {
    into.first = std::min(into.first, other.first);
    into.last = std::max(into.last, other.last);
    into.tokens = lines_.Tokens(into.first, into.last + 1);
    if (take_names) {
      into.names.insert(into.names.end(), other.names.begin(), other.names.end());
      into.joined = true;
    }
  }

  /// A gap of a few tokens is no chunk: closers go to what is before them, labels and openers to what follows.
  void JoinStragglers() {
    std::vector<Segment> out;
    for (size_t i = 0; i < segments_.size(); ++i) {
      Segment& segment = segments_[i];
      const Item* item = ItemOf(segment.owner);
      // What a definition or the file begins with keeps its own lines: an import above a function is not the function.
      const bool head = item != nullptr ? segment.first == item->first : i == 0;
      if (segment.tokens >= kBareTokens || head) {
        out.push_back(std::move(segment));
        continue;
      }
      const bool before = !out.empty() && out.back().tokens + segment.tokens <= kWithStragglersMax;
      const bool after = i + 1 < segments_.size() && segments_[i + 1].tokens + segment.tokens <= kWithStragglersMax;
      if (before && (OnlyClosers(segment) || !after)) {
        Absorb(out.back(), segment, false);
      } else if (after) {
        Absorb(segments_[i + 1], segment, false);
      } else {
        out.push_back(std::move(segment));
      }
    }
    segments_ = std::move(out);
  }

  bool Related(const Segment& a, const Segment& b) const {
    const Item* x = ItemOf(a.owner);
    const Item* y = ItemOf(b.owner);
    if ((x == nullptr) != (y == nullptr)) return false;
    const int32_t above_a = x ? x->parent : -1, above_b = y ? y->parent : -1;
    return a.owner == b.owner || above_a == above_b || above_b == a.owner || above_a == b.owner;
  }

  void JoinSmall() {
    std::vector<Segment> out;
    uint32_t last_tokens = 0;  // of the piece that was added last to out.back()
    for (Segment& segment : segments_) {
      const bool small = segment.tokens < kSmallTokens;
      const bool fits = !out.empty() && !out.back().part && !segment.part &&
                        lines_.Tokens(out.back().first, segment.last + 1) <= kJoinedTokensMax;
      if (fits && small && last_tokens < kSmallTokens && Related(out.back(), segment)) {
        last_tokens = segment.tokens;
        Absorb(out.back(), segment, true);
        continue;
      }
      last_tokens = segment.tokens;
      out.push_back(std::move(segment));
    }
    segments_ = std::move(out);
  }

  const Lines& lines_;
  const Outline& outline_;
  std::vector<Segment> segments_;
};

/// "A.f, A.g" for joined ones; a section path is not repeated for its own subsections.
std::string JoinNames(const std::vector<Item>& items, const std::vector<int32_t>& names) {
  std::string out;
  std::string_view previous;
  for (const int32_t index : names) {
    const std::string_view name = items[index].name;
    if (name.empty() || name == previous) continue;
    if (out.size() + name.size() > kNameBytesMax && !out.empty()) break;
    const bool below =
        !previous.empty() && name.starts_with(previous) && name.substr(previous.size()).starts_with(" > ");
    if (below && out == previous) out.clear();
    if (!out.empty()) out += ", ";
    out += name;
    previous = name;
  }
  out.resize(Utf8Floor(out, kNameBytesMax));
  return out;
}

/// Cuts the text of a single line that is too long, at white space where there is some.
void AddLongLine(std::string_view text, Chunk chunk, std::vector<Chunk>& out) {
  while (text.size() > kLineBytesMax) {
    size_t cut = text.find_last_of(" \t,;", kLineBytesMax - 1);
    cut = cut == std::string_view::npos || cut < kLineBytesMax / 2 ? Utf8Floor(text, kLineBytesMax) : cut + 1;
    chunk.text = text.substr(0, cut);
    out.push_back(chunk);
    text.remove_prefix(cut);
  }
  if (TrimBlanks(text).empty() && !out.empty()) return;
  chunk.text = text;
  out.push_back(std::move(chunk));
}

/// Adds the chunk of lines first..last; lines over the limit become chunks of their own.
void AddChunk(const Lines& lines, uint32_t first, uint32_t last, const Chunk& like, std::vector<Chunk>& out) {
  const auto add = [&](uint32_t from, uint32_t to, bool long_line) {
    while (from < to && lines.blank(from)) ++from;
    while (to > from && lines.blank(to - 1)) --to;
    if (from == to) return;
    Chunk chunk = like;
    chunk.start_line = from + 1;
    chunk.end_line = to;
    if (long_line) return AddLongLine(lines.Line(from), std::move(chunk), out);
    chunk.text = lines.Range(from, to - 1);
    out.push_back(std::move(chunk));
  };
  uint32_t from = first;
  for (uint32_t line = first; line <= last; ++line) {
    if (lines.Line(line).size() <= kLineBytesMax) continue;
    add(from, line, false);
    add(line, line + 1, true);
    from = line + 1;
  }
  add(from, last + 1, false);
}

}  // namespace

std::vector<Chunk> Pack(const Lines& lines, const Outline& outline, std::string_view language) {
  std::vector<Chunk> out;
  for (const Segment& segment : Packer(lines, outline).Run()) {
    Chunk like;
    like.kind = segment.names.empty() ? outline.rest_kind : outline.items[segment.names.front()].kind;
    like.name = JoinNames(outline.items, segment.names);
    like.lang = language;
    AddChunk(lines, segment.first, segment.last, like, out);
  }
  return out;
}

}  // namespace squire::corpus
