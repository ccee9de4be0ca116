// Arrow's structs as our columns. Every buffer shares one owner, which calls the producer's release when the last of
// them is gone.

#include <cstring>
#include <limits>
#include <string>

#include "base/allocate.h"
#include "base/arrow_type.h"
#include "base/arrow_views.h"
#include "base/bytes.h"
#include "squire/arrow.h"

namespace squire {
namespace {

constexpr int64_t kRowsMax = int64_t{1} << 48;  // more cannot be in memory; below it no sum of lengths overflows

std::string NameOf(const ArrowSchema& schema) { return schema.name == nullptr ? std::string() : schema.name; }

/// Children that the interface says are there. ERRORS: InvalidArgument where one is missing.
template <class Struct>
Result<void> CheckChildren(const Struct& parent, int64_t wanted, const std::string& what) {
  if (parent.n_children != wanted || (wanted > 0 && parent.children == nullptr))
    return InvalidArgument(what + " has " + std::to_string(parent.n_children) + " children, not " +
                           std::to_string(wanted));
  for (int64_t i = 0; i < wanted; i++) {
    if (parent.children[i] == nullptr) return InvalidArgument("a child of " + what + " is missing");
  }
  return {};
}

Result<Field> ReadField(const ArrowSchema& schema, int depth) {
  constexpr int64_t kChildrenMax = 1 << 20;
  if (depth > arrow::kDepthMax)
    return InvalidArgument("an Arrow schema nested deeper than " + std::to_string(arrow::kDepthMax) + " levels");
  Field field{NameOf(schema), {}, (schema.flags & ARROW_FLAG_NULLABLE) != 0, {}};
  if (schema.release == nullptr) return InvalidArgument("an Arrow schema that was released");
  field.metadata = TRY(arrow::UnpackMetadata(schema.metadata));
  if (schema.dictionary != nullptr) {
    field.type = TRY(ReadField(*schema.dictionary, depth + 1)).type;
    return field;
  }
  auto type = arrow::ParseFormat(schema.format);
  if (!type) {
    if (!field.name.empty()) type.error().message = "column '" + field.name + "': " + type.error().message;
    return std::move(type.error());
  }
  field.type = *std::move(type);
  const TypeId id = field.type.id;
  const bool is_list = id == TypeId::kList || id == TypeId::kLargeList || id == TypeId::kFixedSizeList;
  if (id == TypeId::kStruct && (schema.n_children < 0 || schema.n_children > kChildrenMax))
    return InvalidArgument("a struct of " + std::to_string(schema.n_children) + " fields");
  const int64_t children = id == TypeId::kStruct ? schema.n_children : is_list ? 1 : 0;
  TRY(CheckChildren(schema, children, "the schema of '" + field.name + "'"));
  for (int64_t i = 0; i < children; i++) field.type.children.push_back(TRY(ReadField(*schema.children[i], depth + 1)));
  return field;
}

/// Reads one producer's array and its children.
class ArrayReader {
 public:
  explicit ArrayReader(std::shared_ptr<const void> owner) : owner_(std::move(owner)) {}

  /// `type` is what ReadField made of `schema`.
  Result<Array> Read(const ArrowArray& from, const ArrowSchema& schema, const DataType& type) {
    if (from.length < 0 || from.offset < 0 || from.length > kRowsMax || from.offset > kRowsMax)
      return InvalidArgument("an Arrow array of length " + std::to_string(from.length) + " at offset " +
                             std::to_string(from.offset));
    if (schema.dictionary != nullptr) return ReadDictionary(from, schema, type);
    Array out;
    out.type = type;
    out.length = from.length;
    out.offset = from.offset;
    if (type.id == TypeId::kNull) return out;
    TRY(CheckBuffers(from, schema, type));
    out.validity = TRY(ReadValidity(from));
    if (arrow::IsView(schema.format)) return arrow::FromViews(from, std::move(out));
    TRY(CheckChildren(from, static_cast<int64_t>(type.children.size()), "an array of " + type.ToString()));
    switch (type.id) {
      case TypeId::kString:
      case TypeId::kBinary: TRY(ReadText<int32_t>(from, out)); break;
      case TypeId::kLargeString:
      case TypeId::kLargeBinary: TRY(ReadText<int64_t>(from, out)); break;
      case TypeId::kList: TRY(ReadList<int32_t>(from, schema, out)); break;
      case TypeId::kLargeList: TRY(ReadList<int64_t>(from, schema, out)); break;
      case TypeId::kFixedSizeList: TRY(ReadFixedList(from, schema, out)); break;
      case TypeId::kStruct: TRY(ReadStruct(from, schema, out)); break;
      default: TRY(ReadFixed(from, out)); break;
    }
    return out;
  }

 private:
  static Result<void> CheckBuffers(const ArrowArray& from, const ArrowSchema& schema, const DataType& type) {
    int64_t wanted = 2;
    if (type.id == TypeId::kStruct || type.id == TypeId::kFixedSizeList) wanted = 1;
    if (type.id == TypeId::kString || type.id == TypeId::kLargeString || type.id == TypeId::kBinary ||
        type.id == TypeId::kLargeBinary)
      wanted = 3;
    const bool right = arrow::IsView(schema.format) ? from.n_buffers >= wanted : from.n_buffers == wanted;
    if (!right || from.buffers == nullptr)
      return InvalidArgument("an Arrow array of " + type.ToString() + " has " + std::to_string(from.n_buffers) +
                             " buffers");
    return {};
  }

  /// Buffer `index` of at least `size_bytes`, shared; copied where it is not aligned as its values need.
  Result<Buffer> ReadBuffer(const ArrowArray& from, int64_t index, size_t size_bytes, size_t alignment) {
    const auto* data = static_cast<const uint8_t*>(from.buffers[index]);
    if (data == nullptr) {
      if (size_bytes > 0 && from.length > 0)
        return InvalidArgument("buffer " + std::to_string(index) + " of an Arrow array is missing");
      size_bytes = std::min(size_bytes, sizeof(kZero));
      return Buffer(nullptr, kZero, size_bytes);
    }
    if (reinterpret_cast<uintptr_t>(data) % alignment == 0) return Buffer(owner_, data, size_bytes);
    const OwnedBytes copy = TRY(OwnedBytes::Allocate(size_bytes));
    std::memcpy(copy.data(), data, size_bytes);
    return copy.Freeze();
  }

  Result<Buffer> ReadValidity(const ArrowArray& from) {
    if (from.null_count == 0 || from.buffers[0] == nullptr) return Buffer();
    return ReadBuffer(from, 0, static_cast<size_t>((from.offset + from.length + 7) / 8), 1);
  }

  static size_t Alignment(int64_t width_bytes) {
    if (width_bytes >= 8 && width_bytes % 8 == 0) return 8;
    return width_bytes == 2 || width_bytes == 4 ? static_cast<size_t>(width_bytes) : 1;
  }

  Result<void> ReadFixed(const ArrowArray& from, Array& out) {
    const int64_t bits = out.type.bit_width();
    int64_t all_bits = 0;
    if (__builtin_mul_overflow(from.offset + from.length, bits, &all_bits) || all_bits > (int64_t{1} << 56))
      return InvalidArgument("an Arrow array of more bytes than there can be");
    const bool is_binary = out.type.id == TypeId::kFixedBinary;
    out.buffers.push_back(
        TRY(ReadBuffer(from, 1, static_cast<size_t>((all_bits + 7) / 8), is_binary ? 1 : Alignment(bits / 8))));
    return {};
  }

  /// Offsets [0, offset + length] of texts or list items, ascending from the first that counts. Returns where they end.
  template <class Offset>
  Result<int64_t> ReadOffsets(const ArrowArray& from, Array& out) {
    const auto count = static_cast<size_t>(from.offset + from.length + 1);
    if (from.buffers[1] == nullptr || from.length == 0) {
      if (from.length > 0) return InvalidArgument("the offsets of an Arrow array are missing");
      out.offset = 0;  // an empty array may come without offsets; ours have one
      out.buffers.emplace_back(nullptr, kZero, sizeof(Offset));
      return 0;
    }
    out.buffers.push_back(TRY(ReadBuffer(from, 1, count * sizeof(Offset), sizeof(Offset))));
    const auto* offsets = reinterpret_cast<const Offset*>(out.buffers[0].data()) + from.offset;
    bool ascending = offsets[0] >= 0;
    for (int64_t row = 0; row < from.length; row++) ascending &= offsets[row] <= offsets[row + 1];
    if (!ascending) return InvalidArgument("the offsets of an Arrow array go backwards");
    return static_cast<int64_t>(offsets[from.length]);
  }

  template <class Offset>
  Result<void> ReadText(const ArrowArray& from, Array& out) {
    const int64_t end = TRY(ReadOffsets<Offset>(from, out));
    if (end > 0 && from.buffers[2] == nullptr)
      return InvalidArgument("the bytes of an Arrow array of texts are missing");
    out.buffers.push_back(TRY(ReadBuffer(from, 2, static_cast<size_t>(end), 1)));
    return {};
  }

  template <class Offset>
  Result<void> ReadList(const ArrowArray& from, const ArrowSchema& schema, Array& out) {
    const int64_t end = TRY(ReadOffsets<Offset>(from, out));
    out.children.push_back(TRY(Read(*from.children[0], *schema.children[0], out.type.children[0].type)));
    if (out.children[0].length < end)
      return InvalidArgument("the items of an Arrow list end at " + std::to_string(out.children[0].length) +
                             ", its offsets at " + std::to_string(end));
    return {};
  }

  Result<void> ReadFixedList(const ArrowArray& from, const ArrowSchema& schema, Array& out) {
    out.children.push_back(TRY(Read(*from.children[0], *schema.children[0], out.type.children[0].type)));
    int64_t wanted = 0;
    if (__builtin_mul_overflow(from.offset + from.length, int64_t{out.type.width}, &wanted) ||
        out.children[0].length < wanted)
      return InvalidArgument("the items of an Arrow list of " + std::to_string(out.type.width) + " each are too few");
    return {};
  }

  Result<void> ReadStruct(const ArrowArray& from, const ArrowSchema& schema, Array& out) {
    for (int64_t i = 0; i < from.n_children; i++) {
      const auto& type = out.type.children[static_cast<size_t>(i)].type;
      Array child = TRY(Read(*from.children[i], *schema.children[i], type));
      if (child.length < from.offset + from.length)
        return InvalidArgument("a child of an Arrow struct is shorter than it");
      out.children.push_back(child.Slice(from.offset, from.length));
    }
    return {};
  }

  /// Indices into values become the values.
  Result<Array> ReadDictionary(const ArrowArray& from, const ArrowSchema& schema, const DataType& type) {
    if (from.dictionary == nullptr) return InvalidArgument("an Arrow array lacks its dictionary");
    const DataType index_type = TRY(arrow::ParseFormat(schema.format));
    const Array values = TRY(Read(*from.dictionary, *schema.dictionary, type));
    if (from.n_buffers != 2 || from.buffers == nullptr)
      return InvalidArgument("an Arrow dictionary array has " + std::to_string(from.n_buffers) + " buffers");
    Array indices;
    indices.type = index_type;
    indices.length = from.length;
    indices.offset = from.offset;
    indices.validity = TRY(ReadValidity(from));
    TRY(ReadFixed(from, indices));
    return arrow::FromDictionary(indices, values);
  }

  alignas(8) static constexpr uint8_t kZero[8] = {};
  std::shared_ptr<const void> owner_;
};

template <class Struct>
void ReleaseOwned(Struct* owned) {
  if (owned->release != nullptr) owned->release(owned);
  delete owned;
}

/// Moves a producer's struct to where it lives as long as anything shares it.
template <class Struct>
std::shared_ptr<Struct> TakeOver(Struct* from) {
  auto* moved = new Struct(*from);
  from->release = nullptr;
  return std::shared_ptr<Struct>(moved, &ReleaseOwned<Struct>);
}

Result<Array> ReadArray(ArrowArray* array, const ArrowSchema& schema, const DataType& type) {
  if (array->release == nullptr) return InvalidArgument("an Arrow array that was released");
  const std::shared_ptr<ArrowArray> owner = TakeOver(array);
  return ArrayReader(owner).Read(*owner, schema, type);
}

Result<Batch> ReadBatch(ArrowArray* array, const ArrowSchema& format, const Schema& schema) {
  DataType type(TypeId::kStruct);
  type.children = schema.fields;
  Array whole = TRY(ReadArray(array, format, type));
  if (whole.null_count() > 0) return InvalidArgument("a row of an Arrow batch is null as a whole");
  return Batch{schema, std::move(whole.children), whole.length};
}

}  // namespace

Result<Field> ImportField(const ArrowSchema& schema) { return ReadField(schema, 0); }

Result<Schema> ImportSchema(const ArrowSchema& schema) {
  Field whole = TRY(ReadField(schema, 0));
  if (whole.type.id != TypeId::kStruct)
    return InvalidArgument("rows are wanted, a struct of columns; this is " + whole.type.ToString());
  return Schema{std::move(whole.type.children), std::move(whole.metadata)};
}

Result<Array> ImportArray(ArrowArray* array, const ArrowSchema& schema) {
  auto field = ImportField(schema);
  if (!field) {
    if (array->release != nullptr) array->release(array);
    return std::move(field.error());
  }
  return ReadArray(array, schema, field->type);
}

Result<Batch> ImportBatch(ArrowArray* array, const ArrowSchema& schema) {
  auto rows = ImportSchema(schema);
  if (!rows) {
    if (array->release != nullptr) array->release(array);
    return std::move(rows.error());
  }
  return ReadBatch(array, schema, *rows);
}

namespace {

Error ProducerError(ArrowArrayStream& stream, int code) {
  const char* words = stream.get_last_error == nullptr ? nullptr : stream.get_last_error(&stream);
  Error error =
      FromErrno(code, words == nullptr ? "an Arrow stream failed" : std::string("an Arrow stream failed: ") + words);
  error.code = Code::kIo;
  error.retryable = false;
  return error;
}

}  // namespace

Result<BatchStream> BatchStream::Import(ArrowArrayStream* stream) {
  if (stream->release == nullptr) return InvalidArgument("an Arrow stream that was released");
  BatchStream out;
  out.stream_ = TakeOver(stream);
  ArrowSchema format = {};
  if (const int code = out.stream_->get_schema(out.stream_.get(), &format); code != 0)
    return ProducerError(*out.stream_, code);
  out.format_ = TakeOver(&format);
  out.schema_ = TRY(ImportSchema(*out.format_));
  return out;
}

Result<std::optional<Batch>> BatchStream::Next() {
  ArrowArray array = {};
  if (const int code = stream_->get_next(stream_.get(), &array); code != 0) return ProducerError(*stream_, code);
  if (array.release == nullptr) return std::optional<Batch>();
  return std::optional(TRY(ReadBatch(&array, *format_, schema_)));
}

}  // namespace squire
