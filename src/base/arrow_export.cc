// Our columns as Arrow's structs. Each struct owns what it points to and can be released alone, as the interface asks:
// a consumer may move a child out and release the parent.

#include <cerrno>
#include <string>
#include <vector>

#include "base/arrow_type.h"
#include "base/try.h"
#include "squire/arrow.h"

namespace squire {
namespace {

/// What stands in for a buffer of no bytes: some consumers do not take null.
alignas(64) constexpr uint8_t kNoBytes[64] = {};

struct SchemaHolder {
  std::string format, name, metadata;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> pointers;
};

struct ArrayHolder {
  Array array;
  std::vector<const void*> buffers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> pointers;
};

template <class Struct, class Holder>
void Release(Struct* self) {
  auto* holder = static_cast<Holder*>(self->private_data);
  for (Struct& child : holder->children) {
    if (child.release != nullptr) child.release(&child);
  }
  delete holder;
  self->release = nullptr;
}

/// Points `out` at what its holder has; from here on release cleans up.
template <class Struct, class Holder>
Holder* Attach(Struct* out, size_t children) {
  auto holder = std::make_unique<Holder>();
  holder->children.resize(children);  // zeroed: release is null until each is made
  for (Struct& child : holder->children) holder->pointers.push_back(&child);
  *out = {};
  out->n_children = static_cast<int64_t>(children);
  out->children = holder->pointers.data();
  out->private_data = holder.get();
  out->release = &Release<Struct, Holder>;
  return holder.release();
}

Result<void> FillSchema(const DataType& type, const std::string& name, bool nullable, const arrow::Metadata& metadata,
                        ArrowSchema* out) {
  auto format = TRY(arrow::FormatOf(type));
  auto* holder = Attach<ArrowSchema, SchemaHolder>(out, type.children.size());
  holder->format = std::move(format);
  holder->name = name;
  holder->metadata = arrow::PackMetadata(metadata);
  out->format = holder->format.c_str();
  out->name = holder->name.c_str();
  out->metadata = holder->metadata.empty() ? nullptr : holder->metadata.data();
  out->flags = nullable ? ARROW_FLAG_NULLABLE : 0;
  for (size_t i = 0; i < type.children.size(); i++) {
    const Field& child = type.children[i];
    TRY(FillSchema(child.type, child.name, child.nullable, child.metadata, &holder->children[i]));
  }
  return {};
}

/// Exports, or leaves `out` released.
template <class Struct, class Fill>
Result<void> Whole(Struct* out, Fill&& fill) {
  *out = {};
  auto done = fill();
  if (!done && out->release != nullptr) out->release(out);
  return done;
}

size_t BufferCount(TypeId id) {
  switch (id) {
    case TypeId::kNull:
    case TypeId::kStruct:
    case TypeId::kFixedSizeList: return 0;
    case TypeId::kString:
    case TypeId::kLargeString:
    case TypeId::kBinary:
    case TypeId::kLargeBinary: return 2;
    default: return 1;
  }
}

/// The validity of rows [offset, offset + length) as bits that begin with the first of them.
Buffer AlignValidity(const Array& array) {
  std::vector<uint8_t> bits(static_cast<size_t>(array.length) / 8 + 1);
  for (int64_t row = 0; row < array.length; row++) {
    if (array.IsValid(row)) bits[static_cast<size_t>(row >> 3)] |= static_cast<uint8_t>(1u << (row & 7));
  }
  return Buffer::Of(std::move(bits));
}

Result<void> FillArray(const Array& array, ArrowArray* out) {
  const size_t buffers = BufferCount(array.type.id);
  if (array.buffers.size() != buffers) return Internal("a column of " + array.type.ToString() + " lacks a buffer");
  auto* holder = Attach<ArrowArray, ArrayHolder>(out, array.children.size());
  holder->array = array;
  out->length = array.length;
  out->offset = array.offset;
  if (array.type.id == TypeId::kStruct) {
    // Arrow adds a struct's offset to its children's; ours are sliced already, so only its validity would need it.
    if (array.offset != 0 && !array.validity.empty()) holder->array.validity = AlignValidity(array);
    out->offset = 0;
  }
  out->null_count = array.type.id == TypeId::kNull ? array.length : array.validity.empty() ? 0 : -1;
  if (array.type.id != TypeId::kNull) {
    const Buffer& validity = holder->array.validity;
    holder->buffers.push_back(validity.empty() ? nullptr : validity.data());
  }
  for (const Buffer& buffer : array.buffers) holder->buffers.push_back(buffer.data() ? buffer.data() : kNoBytes);
  out->n_buffers = static_cast<int64_t>(holder->buffers.size());
  out->buffers = holder->buffers.data();
  for (size_t i = 0; i < array.children.size(); i++) TRY(FillArray(array.children[i], &holder->children[i]));
  return {};
}

DataType StructOf(const std::vector<Field>& fields) {
  DataType type(TypeId::kStruct);
  type.children = fields;
  return type;
}

/// An exported stream's own state.
struct StreamHolder {
  Schema schema;
  BatchSource next;
  std::string error;
};

int ErrnoOf(const Error& error) {
  if (error.os_errno > 0) return error.os_errno;
  switch (error.code) {
    case Code::kInvalidArgument: return EINVAL;
    case Code::kUnsupported: return ENOTSUP;
    case Code::kOverBudget: return ENOMEM;
    case Code::kCancelled: return ECANCELED;
    default: return EIO;
  }
}

/// Runs `work` for a C caller: its error becomes an errno and the stream's last words, and nothing is thrown.
template <class Work>
int ForConsumer(ArrowArrayStream* self, Work&& work) noexcept {
  auto* holder = static_cast<StreamHolder*>(self->private_data);
  try {
    const Result<void> done = work(*holder);
    if (done) return 0;
    holder->error = done.error().ToString();
    return ErrnoOf(done.error());
  } catch (...) {  // out of memory, or what `next` threw
    holder->error.assign("Internal: the stream failed");
    return ENOMEM;
  }
}

int StreamSchema(ArrowArrayStream* self, ArrowSchema* out) {
  return ForConsumer(self, [&](StreamHolder& holder) { return ExportSchema(holder.schema, out); });
}

int StreamNext(ArrowArrayStream* self, ArrowArray* out) {
  return ForConsumer(self, [&](StreamHolder& holder) -> Result<void> {
    *out = {};  // an array without release is the end
    auto rows = TRY(holder.next());
    if (rows) return ExportBatch(*rows, out);
    return {};
  });
}

const char* StreamError(ArrowArrayStream* self) {
  const auto* holder = static_cast<StreamHolder*>(self->private_data);
  return holder->error.empty() ? nullptr : holder->error.c_str();
}

void StreamRelease(ArrowArrayStream* self) {
  delete static_cast<StreamHolder*>(self->private_data);
  self->release = nullptr;
}

}  // namespace

Result<void> ExportField(const Field& field, ArrowSchema* out) {
  return Whole(out, [&] { return FillSchema(field.type, field.name, field.nullable, field.metadata, out); });
}

Result<void> ExportSchema(const Schema& schema, ArrowSchema* out) {
  return Whole(out, [&] { return FillSchema(StructOf(schema.fields), "", false, schema.metadata, out); });
}

Result<void> ExportArray(const Array& array, ArrowArray* out) {
  return Whole(out, [&] { return FillArray(array, out); });
}

Result<void> ExportBatch(const Batch& rows, ArrowArray* out) {
  Array whole;
  whole.type = TypeId::kStruct;
  whole.length = rows.num_rows;
  whole.children = rows.columns;
  return ExportArray(whole, out);
}

Result<void> ExportStream(const Schema& schema, BatchSource next, ArrowArrayStream* out) {
  *out = {};
  out->get_schema = &StreamSchema;
  out->get_next = &StreamNext;
  out->get_last_error = &StreamError;
  out->release = &StreamRelease;
  out->private_data = new StreamHolder{schema, std::move(next), {}};
  return {};
}

}  // namespace squire
