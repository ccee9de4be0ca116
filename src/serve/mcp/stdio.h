#pragma once

/// MCP over a pair of descriptors: one message a line, both ways. Belongs to one thread.

#include <functional>
#include <mutex>
#include <stop_token>
#include <string_view>

#include "squire/result.h"

namespace squire::serve::mcp {

/// Writes whole lines, from any thread.
class LineWriter {
 public:
  explicit LineWriter(int fd) : fd_(fd) {}
  /// What cannot be written is dropped: the reader is gone, and its own end will tell.
  void Write(std::string_view line);

 private:
  const int fd_;
  std::mutex mutex_;
};

/// Reads lines until the end of input or until `stop` is asked for, and hands each to `receive`. A line over
/// kMessageBytesMax is handed on cut to one byte more than that, so that it is refused; memory stays bounded.
Result<void> ReadLines(int fd, const std::stop_token& stop, const std::function<void(std::string_view)>& receive);

}  // namespace squire::serve::mcp
