#include "corpus/grammar.h"

namespace squire::corpus {

const Grammar* GrammarOf(std::string_view lang) {
  for (const Grammar* grammar : {&kPython, &kJavaScript, &kTypeScript, &kTsx, &kGo, &kRust, &kJava, &kC, &kCpp}) {
    if (grammar->lang == lang) return grammar;
  }
  return nullptr;
}

}  // namespace squire::corpus
