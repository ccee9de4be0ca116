#pragma once

/// The frame of a data file: its footer and the constants that its readers and writers share.
/// Source: docs/lance_format.md, "Data file".

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace squire::lance {

inline constexpr uint64_t kBufferAlignment = 64;
inline constexpr size_t kFooterBytes = 40;
inline constexpr char kMagic[] = "LANC";
inline constexpr char kColumnEncodingUrl[] = "/lance.encodings.ColumnEncoding";
inline constexpr char kPageLayoutUrl[] = "/lance.encodings21.PageLayout";

/// Versions of data files that are written. Source: docs/lance_format.md, "Data file".
enum class FileVersion : uint8_t { k20, k21, k22 };

struct Footer {
  uint64_t column_metadata_start = 0;
  uint64_t column_table = 0;         ///< per column: u64 position, u64 size of its metadata
  uint64_t global_buffer_table = 0;  ///< per buffer: u64 position, u64 size
  uint32_t num_global_buffers = 0;
  uint32_t num_columns = 0;
  uint16_t major = 2;
  uint16_t minor = 2;

  void AppendTo(std::vector<uint8_t>& out) const {
    Put(out, column_metadata_start);
    Put(out, column_table);
    Put(out, global_buffer_table);
    Put(out, num_global_buffers);
    Put(out, num_columns);
    Put(out, major);
    Put(out, minor);
    out.insert(out.end(), kMagic, kMagic + 4);
  }

  /// REQUIRES: `bytes` are the last kFooterBytes of a file. ERRORS: Corruption when the magic is not there.
  static Result<Footer> Parse(Bytes bytes) {
    if (AsText(bytes.subspan(36)) != kMagic) return Corruption("the file does not end in LANC");
    Footer footer;
    footer.column_metadata_start = Load<uint64_t>(bytes.data());
    footer.column_table = Load<uint64_t>(bytes.data() + 8);
    footer.global_buffer_table = Load<uint64_t>(bytes.data() + 16);
    footer.num_global_buffers = Load<uint32_t>(bytes.data() + 24);
    footer.num_columns = Load<uint32_t>(bytes.data() + 28);
    footer.major = Load<uint16_t>(bytes.data() + 32);
    footer.minor = Load<uint16_t>(bytes.data() + 34);
    return footer;
  }
};

}  // namespace squire::lance
