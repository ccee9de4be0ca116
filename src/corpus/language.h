#pragma once

/// Which language a file is in, by its name, and by its first lines where the name does not tell. Pure.

#include <string_view>

namespace squire::corpus {

/// The language's name as stored and asked for (`--lang`): "python", "cpp", "markdown", "yaml", ...; "text" if unknown.
/// A literal. `.h` is C or C++ by what is in it; a file without extension is told by its `#!` line.
std::string_view LanguageOf(std::string_view path, std::string_view text);

/// The language that somebody means by `name`, in any case: its own name, a file's extension, or one of a few others
/// ("C++", "C#", "py"). Empty for none.
std::string_view FindLanguage(std::string_view name);

}  // namespace squire::corpus
