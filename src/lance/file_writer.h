#pragma once

/// Writes one Lance data file of version 2.0, 2.1 or 2.2, streaming: rows are collected by column and leave as pages.
/// Belongs to one thread. Source: docs/lance_format.md, "Data file".

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "lance/container.h"
#include "lance/logical_type.h"
#include "lance/proto/file.pb.h"
#include "squire/array.h"

namespace squire::lance {

struct FileWriterOptions {
  FileVersion version = FileVersion::k22;
  int64_t page_bytes = 8 << 20;  ///< a column's page leaves when it holds this much
  bool dense_texts = false;      ///< see PageOptions; not in version 2.0
};

/// What a manifest has to know of a finished file.
struct WrittenFile {
  uint64_t size_bytes = 0;
  uint64_t num_rows = 0;
  std::vector<int32_t> field_ids;       ///< of the fields that own a column, in column order
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

  /// Adds bytes that belong to no column and returns the number that names them, from 1 on.
  Result<uint32_t> AddGlobalBuffer(Bytes bytes);

  /// To be kept with the schema, beside its own metadata; known only when the rows are, perhaps.
  void SetMetadata(const std::string& key, std::string value) { schema_.metadata[key] = std::move(value); }

  /// Writes what is left and the footer; syncs and closes the file.
  Result<WrittenFile> Finish();

  [[nodiscard]] uint64_t num_rows() const { return num_rows_; }
  [[nodiscard]] uint64_t bytes_written() const { return file_->size(); }

 private:
  /// A column of the table: some columns of the file.
  struct Column {
    std::vector<Array> pending;
    int64_t pending_bytes = 0;
    size_t first = 0;  // of its columns in the file
  };
  /// A column of the file.
  struct FileColumn {
    uint64_t rows = 0;
    std::optional<DictionaryKeys> keys;  // of a dictionary column
    pb::ColumnMetadata metadata;
  };

  FileWriter(std::unique_ptr<WritableFile> file, FileWriterOptions options)
      : file_(std::move(file)), options_(options) {}
  Result<void> SetDictionaries();
  Result<void> FlushPages(Column& column);
  Result<void> WritePending(Column& column);
  Result<void> WritePage(FileColumn& column, std::span<const Buffer> buffers, int64_t num_rows, std::string encoding);
  Result<uint64_t> AppendAligned(Bytes bytes);

  std::unique_ptr<WritableFile> file_;
  FileWriterOptions options_;
  Schema schema_;
  google::protobuf::RepeatedPtrField<pb::Field> fields_;
  std::vector<Column> columns_;
  std::vector<FileColumn> file_columns_;
  std::vector<std::pair<uint64_t, uint64_t>> global_buffers_;  // offset, size; the schema's is not among them
  uint64_t num_rows_ = 0;
};

}  // namespace squire::lance
