#include "table/paths.h"

namespace squire::table {

std::string UuidText(const pb::Uuid& uuid) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < uuid.uuid().size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<uint8_t>(uuid.uuid()[i]);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

std::string Paths::DeletionName(uint64_t fragment_id, const pb::DeletionFile& file) {
  return std::to_string(fragment_id) + "-" + std::to_string(file.read_version()) + "-" + std::to_string(file.id()) +
         (file.file_type() == pb::DeletionFile::BITMAP ? ".bin" : ".arrow");
}

}  // namespace squire::table
