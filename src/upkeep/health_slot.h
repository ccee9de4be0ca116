#pragma once

/// One slot of a health record as bytes: 4 KiB with a checksum and a number. Pure functions.
///
/// Layout, little endian: "SQHEALTH", xxh3 of all that follows, sequence (u64), form (u32, 1), payload length (u32),
/// payload, zeros. The payload: measures (8 x u64), number of stages (u8), stages.

#include "base/bytes.h"
#include "squire/health.h"

namespace squire::upkeep {

inline constexpr size_t kHealthSlotBytes = 4096;
inline constexpr size_t kHealthStagesMax = 8;
inline constexpr size_t kHealthMessageMax = 200;  ///< bytes; longer ones are cut
inline constexpr size_t kHealthPathMax = 160;     ///< bytes; of longer ones the end is kept

struct HealthSlot {
  uint64_t sequence = 0;  ///< the greater of two is the newer
  std::vector<StageHealth> stages;
  TableMeasures measures;
};

/// kHealthSlotBytes bytes. REQUIRES: at most kHealthStagesMax stages, with names of at most 16 bytes.
std::vector<uint8_t> EncodeSlot(const HealthSlot& slot);
/// ERRORS: Corruption for a slot that is torn, empty, or none.
Result<HealthSlot> ParseSlot(Bytes bytes);

}  // namespace squire::upkeep
