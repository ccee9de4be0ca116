#pragma once

/// Whether a table is kept by Squire, which then prunes and compacts it unasked, or by somebody else. One that may not
/// be written by this build is not.

#include "lance/manifest.h"

namespace squire::table {

inline constexpr char kUpkeepKey[] = "squire.upkeep";  ///< of the manifest's config
inline constexpr char kUpkeepAuto[] = "auto";

inline bool IsOwned(const pb::Manifest& manifest) {
  if (!lance::CheckFlags(manifest.writer_feature_flags(), lance::kWritableFlags, "written")) return false;
  const auto found = manifest.config().find(kUpkeepKey);
  return found != manifest.config().end() && found->second == kUpkeepAuto;
}

}  // namespace squire::table
