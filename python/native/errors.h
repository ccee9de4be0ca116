#pragma once

/// Errors of the engine as Python exceptions, and calls into the engine: the interpreter's lock is let go around each.

#include <nanobind/nanobind.h>

#include <utility>

#include "squire/result.h"

namespace squire::python {

namespace nb = nanobind;

/// Sets the Python exception that stands for `error` (squire.errors) and throws it. REQUIRES: the interpreter's lock.
[[noreturn]] void Raise(const Error& error);

template <class T>
T Unwrap(Result<T> result) {
  if (!result) Raise(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Runs `work` with the interpreter's lock let go; a failure becomes a Python exception once it is held again.
template <class Work>
auto Engine(Work&& work) {
  auto result = [&] {
    const nb::gil_scoped_release release;
    return work();
  }();
  return Unwrap(std::move(result));
}

}  // namespace squire::python
