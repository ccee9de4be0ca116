#pragma once

/// What a command says: data to stdout (text for people, or JSON), talk to stderr. Belongs to the main thread, but for
/// Note, which any thread may call.

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "squire/result.h"

namespace squire::cli {

enum class ProgressMode { kAuto, kPlain, kNone };

/// Options that every command has.
struct Globals {
  std::string db;  ///< empty: TREE/.squire
  bool json = false;
  bool quiet = false;
  ColorMode color = ColorMode::kAuto;
  ProgressMode progress = ProgressMode::kAuto;
  std::string log_level = "warn";
};

class Output {
 public:
  Output() = default;
  /// Looks at the options once they are known.
  void Configure(const Globals& globals);

  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] bool quiet() const { return quiet_; }
  [[nodiscard]] const Style& style() const { return style_; }            ///< of stdout
  [[nodiscard]] const Style& talk_style() const { return talk_style_; }  ///< of stderr
  /// True when nobody reads stdout any more (`squire ... | head`): a command may end early, in peace.
  [[nodiscard]] bool closed() const { return closed_; }

  /// Data, as is. REQUIRES: text of strangers went through Printable.
  void Write(std::string_view text);
  void Line(std::string_view text);
  /// One JSON document on a line of its own; invalid UTF-8 in it becomes U+FFFD.
  void Json(const nlohmann::ordered_json& document);
  /// Sends on what is buffered: a line of a long-running command.
  void Flush();

  /// A sentence for people on stderr; not with --quiet.
  void Note(std::string_view sentence);
  /// The error, for people on stderr or with --json as an object on stdout, and the exit code that goes with it.
  ExitCode Fail(const Error& error);
  /// The last word: `code`, or what tells that stdout could not be written.
  ExitCode Finish(ExitCode code);

 private:
  std::string buffer_;
  Style style_, talk_style_;
  bool json_ = false, quiet_ = false, closed_ = false;
  int write_errno_ = 0;
  std::mutex talk_mutex_;
};

/// {"error": {"code", "message", "path"}}
nlohmann::ordered_json ErrorJson(const Error& error);

}  // namespace squire::cli
