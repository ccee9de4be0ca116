#pragma once

/// Analyzer: from a text to the words by which it is found, the same for documents and for queries. Either "code1"
/// (words.h) or what Lance's own tokenizers and filters give, by the parameters that a Lance index keeps.
/// Source: searches through pylance 14.0.2 and lancedb 0.40.0 (the tests compare).
///
/// Immutable; any thread may use it.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "index/text/fst_words.h"
#include "index/text/words.h"
#include "squire/result.h"

namespace squire::text {

/// Called with a word, valid during the call, and where it stands in its text. Positions do not descend.
using AnalyzerSink = void (*)(void* context, std::string_view word, uint32_t position);

/// Lance's own stop words differ by its version, and no index says which: those of 14 are fewer, "not" and what an
/// apostrophe leaves over ("t" of "don't") are words there.
enum class StopWords : uint8_t { kLance13, kLance14 };

class Analyzer {
 public:
  /// By JSON parameters as Lance keeps them: base_tokenizer ("code1", "simple", "whitespace", "raw", "ngram"),
  /// language, max_token_length, lower_case, stem, remove_stop_words, custom_stop_words, ascii_folding,
  /// min_ngram_length, max_ngram_length, prefix_only; what is missing has Lance's default. ERRORS: InvalidArgument
  /// unless it is JSON of the right types; Unsupported for what is not known here, by name.
  static Result<std::shared_ptr<const Analyzer>> FromJson(std::string_view parameters,
                                                          StopWords stop_words_by = StopWords::kLance13);
  /// The rules named kTokenizerName.
  static std::shared_ptr<const Analyzer> ForCode();

  /// Whether the rules are those of words.h. Parts then stand at even positions, two apart where they follow each
  /// other; whole identifiers and pairs at odd ones, so that a phrase of parts never meets them.
  [[nodiscard]] bool is_code() const { return base_ == Base::kCode; }

  /// A word of so many bytes and more is left out.
  [[nodiscard]] size_t max_word_bytes() const { return max_bytes_; }

  /// Whether a word is left out by one of Lance's lists and not by the other, where it is they that count.
  [[nodiscard]] bool IsDisputed(std::string_view word) const;
  /// An index that holds any of these is by the list of Lance 14.
  static std::span<const std::string> KeptWords();

  void Read(std::string_view text, AnalyzerSink sink, void* context) const;

  /// A word that others may begin with: in the letters of the words that Read gives, but neither cut nor a stem.
  [[nodiscard]] std::string FoldWord(std::string_view word) const;

  /// Read with a callable of (std::string_view word, uint32_t position).
  template <class F>
  void ForEach(std::string_view text, F&& each) const {
    Read(
        text,
        [](void* context, std::string_view word, uint32_t position) {
          (*static_cast<std::remove_reference_t<F>*>(context))(word, position);
        },
        const_cast<void*>(static_cast<const void*>(&each)));
  }

 private:
  enum class Base : uint8_t { kCode, kSimple, kWhitespace, kRaw, kNgram };
  class Chain;

  Analyzer() = default;

  Base base_ = Base::kCode;
  std::string language_ = "English";
  size_t max_bytes_ = kFstWordBytesMax;  // a word of so many and more is left out
  bool lower_case_ = true, stem_ = true, remove_stop_words_ = true, ascii_folding_ = true;
  std::unordered_set<std::string> stop_words_;
  bool has_usual_stop_words_ = false;
  uint32_t min_ngram_ = 3, max_ngram_ = 3;
  bool prefix_only_ = false;
};

}  // namespace squire::text
