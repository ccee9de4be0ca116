#pragma once

/// Groups of column types that share a layout.

#include "squire/schema.h"

namespace squire {

/// Offsets and bytes.
constexpr bool IsText(TypeId id) {
  return id == TypeId::kString || id == TypeId::kLargeString || id == TypeId::kBinary || id == TypeId::kLargeBinary;
}
/// Offsets and items; not the fixed-size one.
constexpr bool IsList(TypeId id) { return id == TypeId::kList || id == TypeId::kLargeList; }
/// Offsets of 64 bits.
constexpr bool HasWideOffsets(TypeId id) {
  return id == TypeId::kLargeString || id == TypeId::kLargeBinary || id == TypeId::kLargeList;
}

}  // namespace squire
