#pragma once

/// The arguments of a tool call, read with a sentence about what is allowed when they are wrong. Belongs to one thread.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "serve/rpc/json_rpc.h"
#include "squire/result.h"

namespace squire::serve::mcp {

class Arguments {
 public:
  explicit Arguments(const Json& object) : object_(object) {}

  /// A string of 1 to `bytes_max` bytes; empty when it is not there and not `required`.
  std::string Text(const char* name, bool required, size_t bytes_max);
  int64_t Integer(const char* name, int64_t least, int64_t most, int64_t otherwise);
  bool Flag(const char* name, bool otherwise);
  /// One of `allowed`; the first when it is not there.
  std::string OneOf(const char* name, const std::vector<std::string>& allowed);
  /// At most `count_max` strings of 1 to `bytes_max` bytes.
  std::vector<std::string> Texts(const char* name, size_t count_max, size_t bytes_max);

  /// Call when all were read. ERRORS: InvalidArgument for the first that is wrong, or that no one asked for.
  Result<void> Check() const;

 private:
  const Json* Find(const char* name);
  void Refuse(std::string sentence);

  const Json& object_;
  std::set<std::string, std::less<>> known_;
  std::optional<std::string> problem_;
};

}  // namespace squire::serve::mcp
