#pragma once

/// FstWriter: the words of an index as an automaton, in the form that ReadFstWords reads and other Lance programs read
/// and write. Words that end alike share their ends (as far as it remembers them), so it takes 8 or 9 bytes a word.
/// Belongs to one thread; memory: the bytes written, and 1 MiB.
/// Source: Daciuk et al., Incremental Construction of Minimal Acyclic Finite-State Automata, 2000; numbers along the
/// ways by Mihov and Maurel, Direct Construction of Minimal Acyclic Subsequential Transducers, 2001.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace squire::text {

class FstWriter {
 public:
  FstWriter();

  /// REQUIRES: `word` is above all before, by its bytes.
  void Add(std::string_view word, uint64_t number);

  /// The automaton's bytes; the writer is used up.
  std::vector<uint8_t> Finish();

 private:
  struct Way {
    uint8_t letter = 0;
    uint64_t output = 0, target = 0;

    bool operator==(const Way&) const = default;
  };
  struct Node {
    bool is_final = false;
    uint64_t final_output = 0;
    std::vector<Way> ways;

    bool operator==(const Node&) const = default;
  };
  struct Known {
    Node node;
    uint64_t address = 0;  // 0: nothing is known here
  };

  [[nodiscard]] static size_t SlotOf(const Node& node);
  void CloseFrom(size_t letters);
  uint64_t Close(const Node& node);
  void Write(const Node& node);
  void WriteOneWay(const Way& way);
  void WriteNumber(uint64_t number, size_t size);

  std::vector<uint8_t> out_;
  uint64_t count_ = 0, last_ = 0;  // words; the address of the node written last
  std::string word_;               // the one before
  std::vector<Node> open_;         // along word_, from the root; the last way of each leads to the next
  size_t depth_ = 0;               // of open_ in use, behind the root
  std::vector<Known> known_;
};

}  // namespace squire::text
