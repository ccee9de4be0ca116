#pragma once

/// Which language a file is in, by its name, and by its first lines where the name does not tell. Pure.

#include <string_view>

namespace squire::corpus {

/// The language's name as stored and asked for (`--lang`): "python", "cpp", "markdown", "yaml", ...; "text" if unknown.
/// A literal. `.h` is C or C++ by what is in it; a file without extension is told by its `#!` line.
std::string_view LanguageOf(std::string_view path, std::string_view text);

}  // namespace squire::corpus
