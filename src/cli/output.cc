#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace squire::cli {
namespace {
constexpr size_t kBufferBytes = 64 << 10;

/// Writes all of `text`; the errno of the failure, or 0.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return 0;
}
}  // namespace

void Output::Configure(const Globals& globals) {
  json_ = globals.json;
  quiet_ = globals.quiet;
  style_.on = !json_ && UseColor(globals.color, STDOUT_FILENO);
  talk_style_.on = UseColor(globals.color, STDERR_FILENO);
}

void Output::Write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) Flush();
}

void Output::Line(std::string_view text) {
  buffer_ += text;
  Write("\n");
}

void Output::Json(const nlohmann::ordered_json& document) {
  Line(document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void Output::Flush() {
  const std::string text = std::exchange(buffer_, {});
  if (closed_) return;
  write_errno_ = WriteAll(STDOUT_FILENO, text);
  closed_ = write_errno_ != 0;
}

void Output::Note(std::string_view sentence) {
  if (quiet_) return;
  const std::lock_guard lock(talk_mutex_);
  (void)WriteAll(STDERR_FILENO, fmt::format("{}\n", Printable(sentence)));
}

ExitCode Output::Fail(const Error& error) {
  if (json_) {
    Json(ErrorJson(error));
  } else {
    std::string sentence = error.message.empty() ? error.ToString() : error.message;
    if (!error.path.empty()) sentence += ": " + error.path;
    if (error.os_errno != 0) sentence += fmt::format(" ({})", strerror(error.os_errno));
    const std::lock_guard lock(talk_mutex_);
    (void)WriteAll(STDERR_FILENO, fmt::format("{} {}\n", talk_style_.Bad("squire:"), Printable(sentence)));
  }
  return ExitCodeOf(error.code);
}

ExitCode Output::Finish(ExitCode code) {
  Flush();
  if (write_errno_ == 0 || write_errno_ == EPIPE) return code;
  (void)WriteAll(STDERR_FILENO, fmt::format("squire: cannot write the output ({})\n", strerror(write_errno_)));
  return write_errno_ == ENOSPC ? kNoSpaceLeft : kOtherError;
}

nlohmann::ordered_json ErrorJson(const Error& error) {
  std::string message = error.message;
  if (error.os_errno != 0) message += fmt::format(" ({})", strerror(error.os_errno));
  return {{"error", {{"code", CodeName(error.code)}, {"message", message}, {"path", error.path}}}};
}

}  // namespace squire::cli
