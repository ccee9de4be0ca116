#include "lance/file_writer.h"

#include <set>

#include "base/bytes.h"
#include "base/type_kinds.h"
#include "lance/container.h"
#include "lance/legacy_encoder.h"
#include "lance/legacy_page.h"
#include "lance/logical_type.h"
#include "lance/page_encoder.h"
#include "lance/proto/any.pb.h"
#include "lance/shred.h"

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
  TRY(CheckSchema(schema));
  auto file = TRY(fs.Create(path));  // not within `new`: an early return from there would leak what it allocated
  std::unique_ptr<FileWriter> writer(new FileWriter(std::move(file), options));
  writer->schema_ = schema;
  writer->fields_ = std::move(fields);
  for (const Field& field : schema.fields) {
    Column column;
    column.first = writer->file_columns_.size();
    const bool legacy = options.version == FileVersion::k20;
    writer->file_columns_.resize(column.first + (legacy ? LegacyColumnCount(field.type) : LeafCount(field.type)));
    writer->columns_.push_back(std::move(column));
  }
  TRY(writer->SetDictionaries());
  for (FileColumn& column : writer->file_columns_)
    column.metadata.mutable_encoding()->mutable_direct()->set_encoding(PlainColumnEncoding());
  return writer;
}

Result<void> FileWriter::SetDictionaries() {
  std::set<int32_t> parents;
  for (const pb::Field& field : fields_) parents.insert(field.parent_id());
  size_t leaf = 0;
  for (const pb::Field& field : fields_) {
    if (field.logical_type().starts_with("dict:")) {
      const auto keys = DictionaryKeysOf(field.logical_type());
      const bool is_text = IsText(ParseLogicalType(field.logical_type()).id);
      if (!keys || !is_text)
        return Unsupported("column '" + field.name() + "' has type " + field.logical_type() + ", which is not written");
      file_columns_[leaf].keys = keys;
    }
    if (options_.version == FileVersion::k20 || !parents.contains(field.id())) leaf++;
  }
  return {};
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
    if (column.pending_bytes >= options_.page_bytes) TRY(FlushPages(column));
  }
  num_rows_ += static_cast<uint64_t>(batch.num_rows);
  return {};
}

Result<void> FileWriter::FlushPages(Column& column) {
  if (column.pending.empty()) return {};
  auto flushed = WritePending(column);
  if (!flushed) {
    const auto place = static_cast<size_t>(&column - columns_.data());
    flushed.error().message = "column '" + schema_.fields[place].name + "': " + flushed.error().message;
  }
  return flushed;
}

Result<void> FileWriter::WritePending(Column& column) {
  const Array rows = TRY(Concatenate(column.pending));
  column.pending.clear();
  column.pending_bytes = 0;
  FileColumn* to = &file_columns_[column.first];
  if (options_.version == FileVersion::k20) {
    std::vector<std::optional<DictionaryKeys>> keys;
    for (size_t i = 0; i < LegacyColumnCount(rows.type); i++) keys.push_back(to[i].keys);
    for (const LegacyEncoded& page : TRY(EncodeLegacy(rows, keys)))
      TRY(WritePage(*to++, page.buffers, page.num_rows, AnyOf(kArrayEncodingUrl, page.encoding)));
    return {};
  }
  PageOptions options{.large_chunks = options_.version == FileVersion::k22, .dense_texts = options_.dense_texts};
  for (size_t leaf = 0; leaf < LeafCount(rows.type); leaf++) {
    options.keys = to->keys;
    const EncodedPage page = TRY(EncodePage(PathOf(rows, leaf), options));
    TRY(WritePage(*to++, page.buffers, page.num_rows, AnyOf(kPageLayoutUrl, page.layout)));
  }
  return {};
}

Result<void> FileWriter::WritePage(FileColumn& column, std::span<const Buffer> buffers, int64_t num_rows,
                                   std::string encoding) {
  // Readers of version 2.0 want a page even of no items.
  if (num_rows == 0 && options_.version != FileVersion::k20) return {};
  pb::Page* page = column.metadata.add_pages();
  page->set_length(static_cast<uint64_t>(num_rows));
  page->set_priority(column.rows);
  column.rows += static_cast<uint64_t>(num_rows);
  for (const Buffer& buffer : buffers) {
    page->add_buffer_offsets(TRY(AppendAligned(buffer.span())));
    page->add_buffer_sizes(buffer.size());
  }
  page->mutable_encoding()->mutable_direct()->set_encoding(std::move(encoding));
  return {};
}

Result<uint64_t> FileWriter::AppendAligned(Bytes bytes) {
  static constexpr uint8_t kZeros[kBufferAlignment] = {};
  const uint64_t offset = RoundUp(file_->size(), kBufferAlignment);
  TRY(file_->Append({kZeros, offset - file_->size()}));
  TRY(file_->Append(bytes));
  return offset;
}

Result<uint32_t> FileWriter::AddGlobalBuffer(Bytes bytes) {
  global_buffers_.emplace_back(TRY(AppendAligned(bytes)), bytes.size());
  return static_cast<uint32_t>(global_buffers_.size());
}

Result<WrittenFile> FileWriter::Finish() {
  for (Column& column : columns_) TRY(FlushPages(column));
  pb::FileDescriptor descriptor;
  *descriptor.mutable_schema()->mutable_fields() = fields_;
  for (const auto& [key, value] : schema_.metadata) (*descriptor.mutable_schema()->mutable_metadata())[key] = value;
  descriptor.set_length(num_rows_);
  const std::string schema_bytes = descriptor.SerializeAsString();
  const uint64_t schema_offset = TRY(AppendAligned(AsBytes(schema_bytes)));

  std::vector<uint8_t> tail;
  const uint64_t tail_start = file_->size();
  std::vector<uint8_t> column_table;
  for (const FileColumn& column : file_columns_) {
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
  for (const auto& [offset, size] : global_buffers_) {
    Put<uint64_t>(tail, offset);
    Put<uint64_t>(tail, size);
  }
  footer.num_global_buffers = static_cast<uint32_t>(1 + global_buffers_.size());
  footer.num_columns = static_cast<uint32_t>(file_columns_.size());
  if (options_.version == FileVersion::k20) footer.major = 0;  // what files of version 2.0 call themselves
  footer.minor = options_.version == FileVersion::k20 ? 3 : options_.version == FileVersion::k21 ? 1 : 2;
  footer.AppendTo(tail);
  TRY(file_->Append(tail));
  TRY(file_->Sync());
  TRY(file_->Close());

  WrittenFile written;
  written.size_bytes = file_->size();
  written.num_rows = num_rows_;
  std::set<int32_t> parents;
  for (const pb::Field& field : fields_) parents.insert(field.parent_id());
  for (const pb::Field& field : fields_) {
    if (options_.version != FileVersion::k20 && parents.contains(field.id())) continue;
    written.column_indices.push_back(static_cast<int32_t>(written.field_ids.size()));
    written.field_ids.push_back(field.id());
  }
  return written;
}

}  // namespace squire::lance
