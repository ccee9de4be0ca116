// A manifest file with its sections: parsed, its schema made, written again and parsed again.

#include "input.h"
#include "lance/logical_type.h"
#include "lance/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  auto parsed = lance::ParseManifest({data, size}, "fuzz");
  if (!parsed) return 0;
  (void)lance::CheckFlags(parsed->manifest.reader_feature_flags(), lance::kReadableFlags, "read");
  if (const auto schema = lance::FromFields(parsed->manifest.fields())) {
    (void)lance::IdsOf(parsed->manifest.fields());
    for (const Field& field : schema->fields) (void)field.type.ToString();
    (void)lance::ToFields(*schema);
  }
  const auto bytes =
      lance::SerializeManifest(parsed->manifest, parsed->indices, parsed->transaction.value_or(pb::Transaction()));
  const auto again = lance::ParseManifest(bytes, "fuzz");
  fuzz::Require(again.has_value(), "what is written can be read");
  fuzz::Require(again->manifest.version() == parsed->manifest.version() &&
                    again->manifest.fragments_size() == parsed->manifest.fragments_size(),
                "what is written is what was read");
  return 0;
}
