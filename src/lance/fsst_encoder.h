#pragma once

/// FSST, encoding side: a table of up to 255 symbols made from a sample, and texts as codes of it. Immutable once made;
/// safe to share between threads. Source: Boncz, Neumann, Leis, "FSST: Fast Random Access String Compression", VLDB
/// 2020, section 4; the symbol table's layout as in docs/lance_format.md.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace squire::lance {

class FsstEncoder {
 public:
  /// A table made for `texts`; nothing where it would not save a quarter of a sample of them.
  static std::optional<FsstEncoder> Train(std::span<const std::string_view> texts);

  /// Appends the codes of `text`: at most twice its bytes.
  void Encode(std::string_view text, std::vector<uint8_t>& out) const;

  /// As FsstDecoder::Parse reads it.
  [[nodiscard]] std::string SymbolTable() const;

 private:
  struct Symbol {
    uint64_t bytes = 0;  // the first lowest; zeros above
    uint8_t size = 0;
    friend bool operator==(const Symbol&, const Symbol&) = default;
  };
  struct Match {
    uint8_t code = 0;
    uint8_t size = 1;
  };

  explicit FsstEncoder(std::vector<Symbol> symbols);
  /// The longest symbol that the next bytes begin with; the escape and one byte where there is none.
  [[nodiscard]] Match Find(uint64_t next, size_t left) const;
  [[nodiscard]] static FsstEncoder Improve(const FsstEncoder& table, std::string_view sample);

  static constexpr size_t kBuckets = 1 << 12;

  std::vector<Symbol> symbols_;        // by code
  std::vector<uint8_t> long_codes_;    // of three bytes and more, by bucket, the longest first
  std::vector<uint16_t> bucket_ends_;  // in long_codes_
  std::vector<Match> of_two_;          // by the first two bytes
};

}  // namespace squire::lance
