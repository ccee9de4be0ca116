#pragma once

/// Result<T>: a value or an Error. TRY(expr) unwraps one or returns its error from the enclosing function.

#include <expected>
#include <utility>

#include "squire/error.h"

namespace squire {

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error) : std::expected<T, Error>(std::unexpect, std::move(error)) {}  // NOLINT: implicit by design
  T&& take() && { return std::move(**this); }
};

template <>
class [[nodiscard]] Result<void> : public std::expected<void, Error> {
 public:
  using std::expected<void, Error>::expected;
  Result(Error error) : std::expected<void, Error>(std::unexpect, std::move(error)) {}  // NOLINT: implicit by design
  void take() && {}
};

}  // namespace squire

/// The value of `...` (an expression of type Result<T>), or an early return of its error.
#define SQUIRE_TRY(...) SQUIRE_TRY_NAMED(__COUNTER__, __VA_ARGS__)
#define SQUIRE_TRY_NAMED(n, ...) SQUIRE_TRY_AS(n, __VA_ARGS__)
#define SQUIRE_TRY_AS(n, ...)                                       \
  ({                                                                \
    auto squire_result_##n = (__VA_ARGS__);                         \
    if (!squire_result_##n) [[unlikely]]                            \
      return ::squire::Error(std::move(squire_result_##n.error())); \
    std::move(squire_result_##n).take();                            \
  })
