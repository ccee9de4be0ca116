#pragma once

/// Writes one Lance data file of version 2.2, streaming: rows are collected by column and leave as pages.
/// Belongs to one thread. Source: docs/lance_format.md, "Data file".

#include <memory>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "lance/proto/file.pb.h"
#include "squire/array.h"

namespace squire::lance {

struct FileWriterOptions {
  int64_t page_bytes = 8 << 20;  ///< a column's page leaves when it holds this much
};

/// What a manifest has to know of a finished file.
struct WrittenFile {
  uint64_t size_bytes = 0;
  uint64_t num_rows = 0;
  std::vector<int32_t> field_ids;       ///< of the leaves, in column order
  std::vector<int32_t> column_indices;  ///< 0, 1, 2 ...
};

class FileWriter {
 public:
  /// Creates `path`, which must not exist, for rows of `schema`, whose fields carry ids counted from 0 in
  /// depth-first order unless `fields` gives others.
  static Result<std::unique_ptr<FileWriter>> Create(FileSystem& fs, const std::string& path, const Schema& schema,
                                                    google::protobuf::RepeatedPtrField<pb::Field> fields,
                                                    FileWriterOptions options = {});

  /// Adds the rows of `batch`. The arrays are kept until their page is written. REQUIRES: the writer's schema.
  Result<void> Write(const Batch& batch);

  /// Writes what is left and the footer; syncs and closes the file.
  Result<WrittenFile> Finish();

  [[nodiscard]] uint64_t num_rows() const { return num_rows_; }
  [[nodiscard]] uint64_t bytes_written() const { return file_->size(); }

 private:
  struct Column {
    std::vector<Array> pending;
    int64_t pending_bytes = 0;
    uint64_t pages_rows = 0;
    pb::ColumnMetadata metadata;
  };

  FileWriter(std::unique_ptr<WritableFile> file, FileWriterOptions options)
      : file_(std::move(file)), options_(options) {}
  Result<void> FlushPage(Column& column);
  Result<uint64_t> AppendAligned(Bytes bytes);

  std::unique_ptr<WritableFile> file_;
  FileWriterOptions options_;
  Schema schema_;
  google::protobuf::RepeatedPtrField<pb::Field> fields_;
  std::vector<Column> columns_;
  uint64_t num_rows_ = 0;
};

}  // namespace squire::lance
