#pragma once

/// What may be written to a terminal: whether in colour, and text of strangers made harmless. Pure functions but for
/// UseColor, which looks at the environment and the descriptor.

#include <string>
#include <string_view>

namespace squire::cli {

enum class ColorMode { kAuto, kAlways, kNever };

/// Whether to write colours to descriptor `fd`: as asked, else by NO_COLOR, CLICOLOR_FORCE, TERM=dumb and isatty, in
/// that order (no-color.org, bixense.com/clicolors).
bool UseColor(ColorMode mode, int fd);

/// `text` with control characters, bidirectional controls and invalid UTF-8 shown as escapes such as \x1b, so that it
/// cannot steer a terminal. Tabs stay, line ends do not.
std::string Printable(std::string_view text);

/// Escape sequences, or nothing when colours are off.
struct Style {
  bool on = false;
  [[nodiscard]] std::string Dim(std::string_view text) const { return Wrap("2", text); }
  [[nodiscard]] std::string Bold(std::string_view text) const { return Wrap("1", text); }
  [[nodiscard]] std::string Path(std::string_view text) const { return Wrap("35", text); }
  [[nodiscard]] std::string Match(std::string_view text) const { return Wrap("1;31", text); }
  [[nodiscard]] std::string Good(std::string_view text) const { return Wrap("32", text); }
  [[nodiscard]] std::string Bad(std::string_view text) const { return Wrap("31", text); }

 private:
  [[nodiscard]] std::string Wrap(const char* code, std::string_view text) const;
};

}  // namespace squire::cli
