#include "table/paths.h"

namespace squire::table {

std::string Paths::DeletionName(uint64_t fragment_id, const pb::DeletionFile& file) {
  return std::to_string(fragment_id) + "-" + std::to_string(file.read_version()) + "-" + std::to_string(file.id()) +
         (file.file_type() == pb::DeletionFile::BITMAP ? ".bin" : ".arrow");
}

}  // namespace squire::table
