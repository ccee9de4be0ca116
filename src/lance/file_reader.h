#pragma once

/// Reads one Lance data file: footer and column metadata once, then rows of columns by range.
/// Safe to share between threads. Source: docs/lance_format.md, "Data file".

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "lance/column_tree.h"
#include "lance/page_reader.h"
#include "lance/proto/file.pb.h"
#include "squire/array.h"
#include "squire/schema.h"

namespace squire::lance {

class FileReader {
 public:
  /// ERRORS: Corruption with the place; Unsupported for a file version that this build does not read.
  static Result<std::shared_ptr<FileReader>> Open(FileSystem& fs, const std::string& path);

  [[nodiscard]] int64_t num_rows() const { return num_rows_; }
  [[nodiscard]] size_t num_columns() const { return columns_.size(); }
  [[nodiscard]] uint64_t size_bytes() const { return file_->size(); }

  /// The metadata that the file keeps with its schema.
  Result<std::map<std::string, std::string>> ReadSchemaMetadata();

  /// Bytes that belong to no column, by number; 0 is the schema's. ERRORS: Corruption when the file has no such buffer
  /// or it is over 512 MiB.
  Result<std::vector<uint8_t>> ReadGlobalBuffer(size_t number) const;

  /// The columns that the file says it has. ERRORS: Corruption when it does not, or other ones than it holds.
  Result<std::vector<std::pair<Field, ColumnTree>>> ReadColumns() const;

  /// Rows [first, first + count) of the column that `tree` describes. ERRORS: InvalidArgument beyond the file's rows.
  Result<Array> Read(const ColumnTree& tree, int64_t first, int64_t count);

  /// Rows `rows` of a column. REQUIRES: ascending, unique, in the file.
  Result<Array> Take(const ColumnTree& tree, std::span<const int64_t> rows);

 private:
  struct PageSlot {
    pb::Page page;
    int64_t first_row = 0;
    DataType type;                       // that the reader was opened with
    std::unique_ptr<PageReader> reader;  // opened at first use, under mutex_
  };
  struct Column {
    std::vector<PageSlot> pages;
    int64_t num_rows = 0;
  };

  FileReader() = default;
  Result<void> ParseMetadata(Bytes tail, uint64_t tail_start);
  [[nodiscard]] Result<pb::FileDescriptor> ReadDescription() const;
  Result<Column> ParseColumn(Bytes metadata) const;
  [[nodiscard]] PageBuffers BuffersOf(const pb::Page& page) const;
  Result<const PageReader*> Open(PageSlot& slot, const LeafPath& path, bool is_dictionary);
  Result<std::unique_ptr<PageReader>> OpenPage(const PageSlot& slot, const LeafPath& path, bool is_dictionary) const;
  Result<Column*> FindColumn(int32_t column, int64_t first, int64_t count);
  Result<Array> ReadPath(const LeafPath& path, bool is_dictionary, int64_t first, int64_t count);
  Result<Array> ReadLegacy(const ColumnTree& tree, int64_t first, int64_t count);
  Result<Array> ReadLegacyList(const ColumnTree& tree, int64_t first, int64_t count);

  std::string path_;
  std::unique_ptr<RandomAccessFile> file_;
  bool is_legacy_ = false;                                     // version 2.0
  std::vector<std::pair<uint64_t, uint64_t>> global_buffers_;  // offset, size; 0 is the description
  std::vector<Column> columns_;
  int64_t num_rows_ = 0;
  std::mutex mutex_;
};

}  // namespace squire::lance
