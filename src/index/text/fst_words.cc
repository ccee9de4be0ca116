// A node is read from its last byte, its address, backwards. The two upper bits of that byte say which of three forms
// it has; what a way leads to lies before it, so that addresses only ever descend.

#include "index/text/fst_words.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace squire::text {
namespace {

constexpr size_t kHeaderBytes = 16, kFooterBytes = 20;
constexpr uint64_t kVersion = 3;
constexpr size_t kIndexFrom = 32;  // ways of a node; above, a table of 256 bytes leads to them
constexpr size_t kBytesMax = 1 << 30;
constexpr size_t kWordBytesMax = 1 << 20;

/// Letters that a node of one way has within its last byte.
constexpr std::string_view kCommon = "te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNM+LOqHG";

struct Node {
  size_t address = 0;
  bool is_final = false;
  size_t ways = 0;
  size_t inputs_end = 0;  // input i is at inputs_end - 1 - i
  uint8_t input = 0;      // of one way
  bool has_input = false;
  size_t targets_end = 0;  // target i ends at targets_end - i * target_bytes
  size_t target_bytes = 0, output_bytes = 0;
  size_t begin = 0;  // its first byte
  bool is_next = false;
};

Error Damaged() { return Corruption("the words of an index do not parse"); }

/// Reads nodes of bytes that nobody has looked at.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] Result<Node> At(size_t address) const {
    Node node;
    node.address = address;
    if (address == 0) {  // the end of a word, which has no bytes of its own
      node.is_final = true;
      return node;
    }
    if (address < kHeaderBytes || address >= bytes_.size()) return Damaged();
    const uint8_t state = bytes_[address];
    size_t at = address;  // what is read next lies before it
    if (state >= 0x80) {
      node.ways = 1;
      node.has_input = true;
      const size_t common = state & 0x3f;
      if (common == 0) {
        node.input = bytes_[--at];
      } else {
        node.input = static_cast<uint8_t>(kCommon[common - 1]);
      }
      if (state >= 0xc0) {
        node.is_next = true;
        node.begin = at;
        return node;
      }
      const uint8_t sizes = bytes_[--at];
      return Lay(node, at, sizes);
    }
    node.is_final = (state & 0x40) != 0;
    node.ways = state & 0x3f;
    if (node.ways == 0) {
      node.ways = bytes_[--at];
      if (node.ways == 1) node.ways = 256;
    }
    const uint8_t sizes = bytes_[--at];
    const size_t before = (node.ways > kIndexFrom ? 256 : 0) + node.ways;
    if (at < kHeaderBytes + before) return Damaged();
    node.inputs_end = at - (before - node.ways);
    return Lay(node, at - before, sizes);
  }

  [[nodiscard]] uint8_t Input(const Node& node, size_t way) const {
    return node.has_input ? node.input : bytes_[node.inputs_end - 1 - way];
  }
  [[nodiscard]] uint64_t Output(const Node& node, size_t way) const {
    if (node.output_bytes == 0) return 0;
    return Number(node.targets_end - node.ways * node.target_bytes - (way + 1) * node.output_bytes, node.output_bytes);
  }
  [[nodiscard]] uint64_t FinalOutput(const Node& node) const {
    return node.is_final && node.output_bytes > 0 ? Number(node.begin, node.output_bytes) : 0;
  }
  [[nodiscard]] Result<size_t> Target(const Node& node, size_t way) const {
    if (node.is_next) return node.begin - 1;
    const uint64_t back = Number(node.targets_end - (way + 1) * node.target_bytes, node.target_bytes);
    if (back == 0) return 0;
    if (back > node.begin) return Damaged();
    return node.begin - back;
  }

 private:
  /// The targets and outputs of `node` end at `end`.
  [[nodiscard]] static Result<Node> Lay(Node node, size_t end, uint8_t sizes) {
    node.targets_end = end;
    node.target_bytes = sizes >> 4;
    node.output_bytes = sizes & 0x0f;
    const size_t outputs = node.ways + (node.is_final ? 1 : 0);
    const size_t bytes = node.ways * node.target_bytes + outputs * node.output_bytes;
    if (node.target_bytes > 8 || node.output_bytes > 8 || end < kHeaderBytes + bytes) return Damaged();
    if (node.ways > 0 && node.target_bytes == 0) return Damaged();
    node.begin = end - bytes;
    return node;
  }
  [[nodiscard]] uint64_t Number(size_t at, size_t size) const {
    uint64_t out = 0;
    for (size_t i = 0; i < size; i++) out |= uint64_t{bytes_[at + i]} << (8 * i);
    return out;
  }

  Bytes bytes_;
};

struct Step {
  Node node;
  size_t next = 0;  // way
  uint64_t output = 0;
};

Result<void> AddWord(const std::string& word, uint64_t number, size_t words_max, NumberedWords& out) {
  if (out.ends.size() >= words_max || out.bytes.size() + word.size() > kBytesMax)
    return OverBudget("the words of an index are over " + std::to_string(words_max) + ", or over 1 GiB");
  if (number > ~uint32_t{0}) return Damaged();
  if (!out.ends.empty()) {
    const size_t begin = out.ends.size() < 2 ? 0 : out.ends[out.ends.size() - 2];
    if (std::string_view(out.bytes).substr(begin) >= word) return Damaged();
  }
  out.bytes += word;
  out.ends.push_back(static_cast<uint32_t>(out.bytes.size()));
  out.numbers.push_back(static_cast<uint32_t>(number));
  return {};
}

}  // namespace

Result<NumberedWords> ReadFstWords(Bytes fst, size_t words_max) {
  if (fst.size() < kHeaderBytes + kFooterBytes) return Damaged();
  if (Load<uint64_t>(fst.data()) != kVersion)
    return Unsupported("words of an index in version " + std::to_string(Load<uint64_t>(fst.data())) + " of their form");
  const uint8_t* footer = fst.data() + fst.size() - kFooterBytes;
  const auto count = Load<uint64_t>(footer), root = Load<uint64_t>(footer + 8);
  const Reader reader(fst.first(fst.size() - kFooterBytes));
  NumberedWords out;
  std::string word;
  std::vector<Step> way;
  way.push_back({TRY(reader.At(root)), 0, 0});
  if (count == 0 && root == 0) return out;  // nothing but the root
  while (!way.empty()) {
    Step& step = way.back();
    if (step.next == 0) {
      if (step.node.is_final) TRY(AddWord(word, step.output + reader.FinalOutput(step.node), words_max, out));
      // Every way ends in a word, so that there are not many more steps than letters.
      if (!step.node.is_final && step.node.ways == 0) return Damaged();
    }
    if (step.next == step.node.ways) {
      way.pop_back();
      if (!word.empty()) word.pop_back();
      continue;
    }
    const size_t at = step.next++;
    const size_t target = TRY(reader.Target(step.node, at));
    if (target >= step.node.address || word.size() >= kWordBytesMax) return Damaged();
    word += static_cast<char>(reader.Input(step.node, at));
    const uint64_t output = step.output + reader.Output(step.node, at);
    const Node next = TRY(reader.At(target));
    way.push_back({next, 0, output});
  }
  if (out.ends.size() != count) return Damaged();
  return out;
}

}  // namespace squire::text
