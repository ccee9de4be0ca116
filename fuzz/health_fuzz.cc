// A slot of a health record: as it lies on the disk, and as any payload behind a right checksum.

#include <xxhash.h>

#include <algorithm>

#include "input.h"
#include "upkeep/health_slot.h"

namespace squire {
namespace {

using upkeep::kHealthSlotBytes;

void Check(const std::vector<uint8_t>& bytes) {
  const auto slot = upkeep::ParseSlot(bytes);
  if (!slot) return;
  const auto again = upkeep::ParseSlot(upkeep::EncodeSlot(*slot));
  fuzz::Require(again.has_value(), "what was parsed can be written");
  fuzz::Require(again->sequence == slot->sequence && again->stages.size() == slot->stages.size(),
                "and is the same then");
  for (size_t i = 0; i < slot->stages.size(); i++)
    fuzz::Require(again->stages[i].stage == slot->stages[i].stage && again->stages[i].red == slot->stages[i].red,
                  "stage by stage");
}

}  // namespace
}  // namespace squire

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  std::vector<uint8_t> bytes(data, data + std::min(size, kHealthSlotBytes));
  bytes.resize(kHealthSlotBytes);
  Check(bytes);
  std::copy_n(AsBytes("SQHEALTH").begin(), 8, bytes.begin());
  Store(bytes.data() + 8, XXH3_64bits(bytes.data() + 16, bytes.size() - 16));
  Check(bytes);
  return 0;
}
