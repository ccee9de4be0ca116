#pragma once

/// What Lance's filters make of a word. Pure but for the stemmer, which belongs to one thread.

#include <memory>
#include <string>
#include <string_view>

namespace squire::text {

/// Lower case, character by character.
void ToLower(std::string& word);

/// Accents dropped, compatibility forms and some letters resolved; what has no ASCII form stays.
void FoldToAscii(std::string& word);

/// Stems by Snowball; English as its version of 2026 does, the others as libstemmer has them.
class WordStemmer {
 public:
  /// By Lance's name of a language ("English"); null inside when there is none.
  explicit WordStemmer(std::string_view language);
  ~WordStemmer();
  WordStemmer(const WordStemmer&) = delete;
  WordStemmer& operator=(const WordStemmer&) = delete;

  [[nodiscard]] bool is_known() const { return stemmer_ != nullptr; }
  /// REQUIRES: is_known().
  void Stem(std::string& word);

 private:
  void StemAlone(std::string& word);

  struct Handle;
  std::unique_ptr<Handle> stemmer_;
  bool is_english_ = false;
};

}  // namespace squire::text
