#pragma once

/// Columns to and from other programs by the Arrow C data interface: pointers change hands, no value is copied.
/// Source: https://arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html.
///
/// What is exported keeps the buffers of its Array alive until its consumer calls `release`; what is imported keeps the
/// producer's memory until the last Buffer of it is gone, and releases it from whatever thread that happens on.
/// Imports are checked (counts, lengths, offsets, null pointers, depth), so that a wrong producer is an error as far as
/// the interface lets one see: sizes of buffers are not part of it.
/// Free functions, safe from any thread on different arguments. Strings and binaries by views and dictionary-encoded
/// columns come in as plain ones, by a copy. Unions, maps, run-end encoding, list views, intervals and decimals of 32
/// and 64 bits are refused by name.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "squire/array.h"

extern "C" {

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#endif  // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

#endif  // ARROW_C_STREAM_INTERFACE

}  // extern "C"

namespace squire {

/// Writes `field` to `out`, which the caller owns and releases. ERRORS: Unsupported for a type that has no format.
Result<void> ExportField(const Field& field, ArrowSchema* out);
/// The same for a schema: a struct of its fields.
Result<void> ExportSchema(const Schema& schema, ArrowSchema* out);

/// Writes `array` to `out`, which the caller owns and releases; the buffers are shared. The type is not part of it:
/// ExportField has that.
Result<void> ExportArray(const Array& array, ArrowArray* out);
/// The same for a batch: a struct of its columns.
Result<void> ExportBatch(const Batch& rows, ArrowArray* out);

/// The next rows of something, or nothing at its end.
using BatchSource = std::function<Result<std::optional<Batch>>()>;

/// Writes a stream to `out` that asks `next` for its batches, all of `schema`. `next` is called from the consumer's
/// thread and destroyed with the stream.
Result<void> ExportStream(const Schema& schema, BatchSource next, ArrowArrayStream* out);

/// What `schema` describes, dictionaries and views as the plain types that they come in as. The caller still owns it.
/// ERRORS: Unsupported for a type that is refused, by name; InvalidArgument for a format that is none.
Result<Field> ImportField(const ArrowSchema& schema);
/// The same for a struct, as a schema.
Result<Schema> ImportSchema(const ArrowSchema& schema);

/// Takes over `array` (its release becomes null), whatever comes of it. ERRORS: InvalidArgument when it breaks the
/// interface or its schema, Unsupported as ImportField.
Result<Array> ImportArray(ArrowArray* array, const ArrowSchema& schema);
/// The same for a struct, as a batch. ERRORS: InvalidArgument too when a row itself is null.
Result<Batch> ImportBatch(ArrowArray* array, const ArrowSchema& schema);

/// A stream of somebody else's batches. Belongs to one thread at a time.
class BatchStream {
 public:
  /// Takes over `stream` (its release becomes null), whatever comes of it. ERRORS: as ImportSchema; Io with the
  /// producer's words.
  static Result<BatchStream> Import(ArrowArrayStream* stream);

  [[nodiscard]] const Schema& schema() const { return schema_; }
  /// The next batch, perhaps empty; nothing at the end. ERRORS: as ImportBatch; Io with the producer's words.
  Result<std::optional<Batch>> Next();

 private:
  BatchStream() = default;

  std::shared_ptr<ArrowArrayStream> stream_;
  std::shared_ptr<ArrowSchema> format_;
  Schema schema_;
};

}  // namespace squire
