// A manifest's transaction and the names of files that say which version is which: read, and made again.

#include "input.h"
#include "lance/logical_type.h"
#include "lance/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  const std::string name(AsText(input.Take(input.TakeByte())));
  if (const auto version = lance::ParseManifestName(name)) {
    fuzz::Require(lance::ParseManifestName(lance::ManifestName(*version)) == *version, "names tell the version");
  }
  (void)lance::ParseLogicalType(name).ToString();
  pb::Transaction transaction;
  const Bytes bytes = input.Rest();
  if (!transaction.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return 0;
  const auto file = lance::SerializeManifest({}, {}, transaction);
  const auto parsed = lance::ParseManifest(file, "fuzz");
  fuzz::Require(parsed && parsed->transaction, "a transaction in a manifest is found");
  fuzz::Require(parsed->transaction->ByteSizeLong() == transaction.ByteSizeLong(), "and is the same");
  return 0;
}
