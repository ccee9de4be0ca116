// A node is read from its last byte, its address, backwards. The two upper bits of that byte say which of three forms
// it has; what a way leads to lies before it, so that addresses only ever descend. The letters of a node ascend, so
// that words do.

#include "index/text/fst_words.h"

namespace squire::text {
namespace {

constexpr size_t kHeaderBytes = 16, kFooterBytes = 20;
constexpr size_t kBytesMax = 1 << 30;

struct Node {
  bool is_final = false;
  bool is_next = false;  // the one way leads to the node right before this one
  uint8_t letter = 0;    // of one way
  uint16_t ways = 0;     // 0: the end of a word
  uint8_t target_bytes = 0, output_bytes = 0;
  size_t letters_end = 0;  // letter i is at letters_end - 1 - i; 0 where there is one way
  size_t targets_end = 0;  // target i ends at targets_end - i * target_bytes
  size_t begin = 0;        // its first byte
};

Error Damaged() { return Corruption("the words of an index do not parse"); }

/// Reads nodes of bytes that nobody has looked at. False: they are damaged.
class Reader {
 public:
  /// `bytes` are those of the nodes and of the footer.
  explicit Reader(Bytes bytes) : bytes_(bytes.data()), end_(bytes.size() - kFooterBytes) {}

  [[nodiscard]] bool Read(size_t address, Node& node) const {
    node = Node();
    if (address == 0) {  // the end of a word, which has no bytes of its own
      node.is_final = true;
      return true;
    }
    if (address < kHeaderBytes || address >= end_) return false;
    const uint8_t state = bytes_[address];
    size_t at = address;  // what is read next lies before it; the header keeps that within the bytes
    if (state >= 0x80) {
      node.ways = 1;
      const size_t common = state & 0x3f;
      node.letter = common == 0 ? bytes_[--at] : static_cast<uint8_t>(kFstCommonLetters[common - 1]);
      node.is_next = state >= 0xc0;
      node.begin = at;
      return node.is_next || Lay(bytes_[at - 1], at - 1, node);
    }
    node.is_final = (state & 0x40) != 0;
    node.ways = state & 0x3f;
    if (node.ways == 0) {
      node.ways = bytes_[--at];
      if (node.ways == 1) node.ways = 256;
    }
    const uint8_t sizes = bytes_[--at];
    const size_t before = (node.ways > kFstIndexFrom ? 256 : 0) + node.ways;
    if (at < kHeaderBytes + before) return false;
    node.letters_end = at - (before - node.ways);
    return Lay(sizes, at - before, node);
  }

  [[nodiscard]] uint8_t Letter(const Node& node, size_t way) const {
    return node.letters_end == 0 ? node.letter : bytes_[node.letters_end - 1 - way];
  }
  [[nodiscard]] uint64_t Output(const Node& node, size_t way) const {
    if (node.output_bytes == 0) return 0;
    return Number(node.targets_end - node.ways * node.target_bytes - (way + 1) * node.output_bytes, node.output_bytes);
  }
  [[nodiscard]] uint64_t FinalOutput(const Node& node) const {
    return node.is_final && node.output_bytes > 0 ? Number(node.begin, node.output_bytes) : 0;
  }
  [[nodiscard]] bool Target(const Node& node, size_t way, size_t& target) const {
    if (node.is_next) {
      target = node.begin - 1;
      return true;
    }
    const uint64_t back = Number(node.targets_end - (way + 1) * node.target_bytes, node.target_bytes);
    target = back == 0 ? 0 : node.begin - back;
    return back <= node.begin;
  }

 private:
  /// The targets and outputs of `node` end at `end`.
  static bool Lay(uint8_t sizes, size_t end, Node& node) {
    node.targets_end = end;
    node.target_bytes = sizes >> 4;
    node.output_bytes = sizes & 0x0f;
    const size_t outputs = node.ways + (node.is_final ? 1U : 0U);
    const size_t bytes = size_t{node.ways} * node.target_bytes + outputs * node.output_bytes;
    if (node.target_bytes > 8 || node.output_bytes > 8 || end < kHeaderBytes + bytes) return false;
    node.begin = end - bytes;
    return node.ways == 0 || node.target_bytes > 0;
  }
  /// Reads past the number, at most into the footer.
  [[nodiscard]] uint64_t Number(size_t at, size_t size) const {
    return Load<uint64_t>(bytes_ + at) & (~uint64_t{0} >> (64 - 8 * size));
  }

  const uint8_t* bytes_;
  size_t end_;
};

/// Walks all ways from the root in their order.
class Walk {
 public:
  Walk(Bytes fst, size_t words_max) : reader_(fst), words_max_(words_max) {}

  Result<NumberedWords> Run(size_t root) {
    TRY(Descend(root, 0));
    while (!steps_.empty()) {
      Step& step = steps_.back();
      word_.resize(step.letters);
      const size_t way = step.next++;
      const uint8_t letter = reader_.Letter(step.node, way);
      size_t target = 0;
      if (way > 0 && letter <= step.letter) return Damaged();
      if (!reader_.Target(step.node, way, target)) return Damaged();
      step.letter = letter;
      const uint64_t output = step.output + reader_.Output(step.node, way);
      if (step.next == step.node.ways) steps_.pop_back();
      word_ += static_cast<char>(letter);
      TRY(Descend(target, output));
    }
    return std::move(out_);
  }

 private:
  struct Step {
    Node node;
    size_t letters = 0;  // of the way that leads to it
    uint16_t next = 0;   // way
    uint8_t letter = 0;  // of the way before
    uint64_t output = 0;
  };

  /// Goes on to the next node that is a word's end or a fork, and keeps what is left to be walked there.
  Result<void> Descend(size_t address, uint64_t output) {
    Step step;
    Node& node = step.node;
    for (;;) {
      if (word_.size() > kFstWordBytesMax) return OverBudget("a word of over 1 MiB in an index");
      if (!reader_.Read(address, node)) return Damaged();
      if (node.ways != 1 || node.is_final) break;
      if (!reader_.Target(node, 0, address)) return Damaged();
      output += reader_.Output(node, 0);
      word_ += static_cast<char>(reader_.Letter(node, 0));
    }
    // Every way ends in a word, so that there are not many more steps than letters.
    if (!node.is_final && node.ways == 0) return Damaged();
    if (node.is_final) TRY(AddWord(output + reader_.FinalOutput(node)));
    if (node.ways == 0) return {};
    step.letters = word_.size();
    step.output = output;
    steps_.push_back(step);
    return {};
  }

  Result<void> AddWord(uint64_t number) {
    if (out_.ends.size() >= words_max_ || out_.bytes.size() + word_.size() > kBytesMax)
      return OverBudget("the words of an index are over " + std::to_string(words_max_) + ", or over 1 GiB");
    if (number > ~uint32_t{0}) return Damaged();
    out_.bytes += word_;
    out_.ends.push_back(static_cast<uint32_t>(out_.bytes.size()));
    out_.numbers.push_back(static_cast<uint32_t>(number));
    return {};
  }

  Reader reader_;
  size_t words_max_;
  std::string word_;
  std::vector<Step> steps_;
  NumberedWords out_;
};

}  // namespace

Result<NumberedWords> ReadFstWords(Bytes fst, size_t words_max) {
  if (fst.size() < kHeaderBytes + kFooterBytes) return Damaged();
  if (Load<uint64_t>(fst.data()) != kFstVersion)
    return Unsupported("words of an index in version " + std::to_string(Load<uint64_t>(fst.data())) + " of their form");
  const uint8_t* footer = fst.data() + fst.size() - kFooterBytes;
  const auto count = Load<uint64_t>(footer), root = Load<uint64_t>(footer + 8);
  if (count == 0) return NumberedWords();  // nothing but a root
  auto words = Walk(fst, words_max).Run(root);
  if (words && words->ends.size() != count) return Damaged();
  return words;
}

}  // namespace squire::text
