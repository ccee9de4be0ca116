#include "table/fragment_writer.h"

namespace squire::table {

Result<lance::FileVersion> FileVersionOf(const pb::Manifest& manifest) {
  const std::string& version = manifest.data_format().version();
  if (version == "2.0" || version.empty()) return lance::FileVersion::k20;
  if (version == "2.1") return lance::FileVersion::k21;
  if (version == "2.2") return lance::FileVersion::k22;
  return Unsupported("rows are not added to a table of file version " + version + " (2.0, 2.1 and 2.2 are written)");
}

pb::DataFile DescribeFile(const std::string& name, const lance::WrittenFile& written, lance::FileVersion version) {
  pb::DataFile file;
  file.set_path(name);
  for (int32_t id : written.field_ids) file.add_fields(id);
  for (int32_t index : written.column_indices) file.add_column_indices(index);
  file.set_file_major_version(2);
  file.set_file_minor_version(static_cast<uint32_t>(version));  // they are numbered as they come
  file.set_file_size_bytes(written.size_bytes);
  return file;
}

Result<void> FragmentWriter::StartFile() {
  TRY(fs_.CreateFolders(paths_.Data()));
  file_name_ = limits_.names.DataFile();
  file_ = TRY(lance::FileWriter::Create(fs_, paths_.DataFile(file_name_), schema_, fields_,
                                        {.version = limits_.version, .dense_texts = limits_.dense_texts}));
  return {};
}

Result<void> FragmentWriter::Write(const Batch& batch) {
  if (batch.num_rows == 0) return {};
  if (!file_) TRY(StartFile());
  TRY(file_->Write(batch));
  if (file_->bytes_written() >= limits_.file_bytes_max || file_->num_rows() >= limits_.rows_max) TRY(FinishFile());
  return {};
}

Result<void> FragmentWriter::FinishFile() {
  const lance::WrittenFile written = TRY(file_->Finish());
  file_.reset();
  bytes_finished_ += written.size_bytes;
  pb::DataFragment fragment;
  fragment.set_physical_rows(written.num_rows);
  *fragment.add_files() = DescribeFile(file_name_, written, limits_.version);
  fragments_.push_back(std::move(fragment));
  return {};
}

Result<std::vector<pb::DataFragment>> FragmentWriter::Finish() {
  if (file_) TRY(FinishFile());
  return fragments_;
}

void FragmentWriter::RemoveFiles() {
  file_.reset();  // an unfinished file goes with its handle
  for (const pb::DataFragment& fragment : fragments_)
    RemoveLeftover(fs_, paths_, paths_.DataFile(fragment.files(0).path()));
  fragments_.clear();
}

}  // namespace squire::table
