#pragma once

/// Status: what Result<void> is, in one word: for steps of which a long filter takes millions. TRY unwraps both.

#include <memory>

#include "base/try.h"

namespace squire::where {

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT: implicit by design
  explicit operator bool() const { return error_ == nullptr; }
  Error& error() { return *error_; }
  void take() && {}

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace squire::where
