#pragma once

/// Parsing protobuf messages from hostile bytes without a word: protobuf itself prints what it does not like.

#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>

#include "base/bytes.h"

namespace squire::lance {

/// False when `bytes` are no such message.
inline bool ParseMessage(Bytes bytes, google::protobuf::MessageLite& message) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) return false;
  const google::protobuf::LogSilencer silencer;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace squire::lance
