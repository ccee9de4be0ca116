#pragma once

/// Streams rows into new data files, one fragment each, for a commit to come. Belongs to one thread. Files of a writer
/// that is dropped before Finish, or whose commit fails, are removed by RemoveFiles.

#include <memory>
#include <string>
#include <vector>

#include "lance/file_writer.h"
#include "table/snapshot.h"

namespace squire::table {

struct FragmentLimits {
  uint64_t file_bytes_max = 128 << 20;  ///< a new fragment begins when a file holds this much
  uint64_t rows_max = 1 << 20;
  lance::FileVersion version = lance::FileVersion::k22;
  bool dense_texts = false;  ///< see lance::PageOptions
  FileNames names;           ///< Snapshot::NewNames of the version that the rows are to follow
};

/// The version of data files that a table is kept in. ERRORS: Unsupported, with its name, for one that is not written.
Result<lance::FileVersion> FileVersionOf(const pb::Manifest& manifest);

/// What a manifest says of a finished data file.
pb::DataFile DescribeFile(const std::string& name, const lance::WrittenFile& written, lance::FileVersion version);

class FragmentWriter {
 public:
  FragmentWriter(FileSystem& fs, Paths paths, Schema schema, google::protobuf::RepeatedPtrField<pb::Field> fields,
                 FragmentLimits limits = {})
      : fs_(fs), paths_(std::move(paths)), schema_(std::move(schema)), fields_(std::move(fields)), limits_(limits) {}

  /// REQUIRES: the schema given. ERRORS: InvalidArgument, NoSpace, Io.
  Result<void> Write(const Batch& batch);
  /// Closes the last file. The fragments have no ids yet; every file is synced, their names become
  /// durable with the commit.
  Result<std::vector<pb::DataFragment>> Finish();
  /// Removes what was written; best effort.
  void RemoveFiles();

  [[nodiscard]] uint64_t bytes_written() const { return bytes_finished_ + (file_ ? file_->bytes_written() : 0); }

 private:
  Result<void> StartFile();
  Result<void> FinishFile();

  FileSystem& fs_;
  Paths paths_;
  Schema schema_;
  google::protobuf::RepeatedPtrField<pb::Field> fields_;
  FragmentLimits limits_;
  std::unique_ptr<lance::FileWriter> file_;
  std::string file_name_;
  uint64_t bytes_finished_ = 0;
  std::vector<pb::DataFragment> fragments_;
};

}  // namespace squire::table
