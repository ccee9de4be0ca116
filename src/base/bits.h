#pragma once

/// Bitmaps as Arrow has them, from a byte a row.

#include <span>

#include "squire/array.h"

namespace squire {

/// One bit a byte, the lowest of each, least significant first.
Buffer PackBits(std::span<const uint8_t> bytes);

}  // namespace squire
