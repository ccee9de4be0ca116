#include "lance/file_writer.h"

#include "base/bytes.h"
#include "lance/container.h"
#include "lance/logical_type.h"
#include "lance/page_encoder.h"
#include "lance/proto/any.pb.h"

namespace squire::lance {
namespace {

std::string AnyOf(const char* type_url, const google::protobuf::MessageLite& message) {
  pb::Any any;
  any.set_type_url(type_url);
  any.set_value(message.SerializeAsString());
  return any.SerializeAsString();
}

/// Column encoding "values": the column's bytes are in its pages. The message is one empty field 1.
std::string PlainColumnEncoding() {
  pb::Any any;
  any.set_type_url(kColumnEncodingUrl);
  any.set_value(std::string("\x0a\x00", 2));
  return any.SerializeAsString();
}

}  // namespace

Result<std::unique_ptr<FileWriter>> FileWriter::Create(FileSystem& fs, const std::string& path, const Schema& schema,
                                                       google::protobuf::RepeatedPtrField<pb::Field> fields,
                                                       FileWriterOptions options) {
  for (const Field& field : schema.fields) {
    if (!IsLeaf(field.type))
      return Unsupported("column '" + field.name + "' has type " + field.type.ToString() +
                         ", which is not written yet");
  }
  std::unique_ptr<FileWriter> writer(new FileWriter(TRY(fs.Create(path)), options));
  writer->schema_ = schema;
  writer->fields_ = std::move(fields);
  writer->columns_.resize(schema.fields.size());
  for (Column& column : writer->columns_)
    column.metadata.mutable_encoding()->mutable_direct()->set_encoding(PlainColumnEncoding());
  return writer;
}

Result<void> FileWriter::Write(const Batch& batch) {
  if (batch.columns.size() != columns_.size())
    return InvalidArgument("a batch of " + std::to_string(batch.columns.size()) + " columns for a file of " +
                           std::to_string(columns_.size()));
  for (size_t i = 0; i < columns_.size(); i++) {  // all columns before any of them takes rows
    const Array& array = batch.columns[i];
    const Field& field = schema_.fields[i];
    if (!(array.type == field.type) || array.length != batch.num_rows)
      return InvalidArgument("column '" + field.name + "' wants " + field.type.ToString() + ", got " +
                             array.type.ToString());
    if (!field.nullable && array.null_count() > 0)
      return InvalidArgument("column '" + field.name + "' must not hold nulls");
  }
  for (size_t i = 0; i < columns_.size(); i++) {
    const Array& array = batch.columns[i];
    Column& column = columns_[i];
    if (array.length == 0) continue;
    column.pending.push_back(array);
    column.pending_bytes += array.byte_size();
    if (column.pending_bytes >= options_.page_bytes) TRY(FlushPage(column));
  }
  num_rows_ += static_cast<uint64_t>(batch.num_rows);
  return {};
}

Result<void> FileWriter::FlushPage(Column& column) {
  if (column.pending.empty()) return {};
  EncodedPage encoded = TRY(EncodePage(column.pending));
  column.pending.clear();
  column.pending_bytes = 0;
  pb::Page* page = column.metadata.add_pages();
  page->set_length(static_cast<uint64_t>(encoded.num_rows));
  page->set_priority(column.pages_rows);
  column.pages_rows += static_cast<uint64_t>(encoded.num_rows);
  for (const auto& buffer : encoded.buffers) {
    page->add_buffer_offsets(TRY(AppendAligned(buffer)));
    page->add_buffer_sizes(buffer.size());
  }
  page->mutable_encoding()->mutable_direct()->set_encoding(AnyOf(kPageLayoutUrl, encoded.layout));
  return {};
}

Result<uint64_t> FileWriter::AppendAligned(Bytes bytes) {
  static constexpr uint8_t kZeros[kBufferAlignment] = {};
  const uint64_t offset = RoundUp(file_->size(), kBufferAlignment);
  TRY(file_->Append({kZeros, offset - file_->size()}));
  TRY(file_->Append(bytes));
  return offset;
}

Result<WrittenFile> FileWriter::Finish() {
  for (Column& column : columns_) TRY(FlushPage(column));
  pb::FileDescriptor descriptor;
  *descriptor.mutable_schema()->mutable_fields() = fields_;
  descriptor.set_length(num_rows_);
  const std::string schema_bytes = descriptor.SerializeAsString();
  const uint64_t schema_offset = TRY(AppendAligned(AsBytes(schema_bytes)));

  std::vector<uint8_t> tail;
  const uint64_t tail_start = file_->size();
  std::vector<uint8_t> column_table;
  for (const Column& column : columns_) {
    const std::string metadata = column.metadata.SerializeAsString();
    Put<uint64_t>(column_table, tail_start + tail.size());
    Put<uint64_t>(column_table, metadata.size());
    tail.insert(tail.end(), metadata.begin(), metadata.end());
  }
  Footer footer;
  footer.column_metadata_start = tail_start;
  footer.column_table = tail_start + tail.size();
  tail.insert(tail.end(), column_table.begin(), column_table.end());
  footer.global_buffer_table = tail_start + tail.size();
  Put<uint64_t>(tail, schema_offset);
  Put<uint64_t>(tail, schema_bytes.size());
  footer.num_global_buffers = 1;
  footer.num_columns = static_cast<uint32_t>(columns_.size());
  footer.AppendTo(tail);
  TRY(file_->Append(tail));
  TRY(file_->Sync());
  TRY(file_->Close());

  WrittenFile written;
  written.size_bytes = file_->size();
  written.num_rows = num_rows_;
  for (const pb::Field& field : fields_) {
    written.column_indices.push_back(static_cast<int32_t>(written.field_ids.size()));
    written.field_ids.push_back(field.id());
  }
  return written;
}

}  // namespace squire::lance
