#pragma once

/// Rows to and from Python objects by the Arrow PyCapsule interface: whatever has __arrow_c_stream__ or
/// __arrow_c_array__ comes in, and what goes out has them. Nothing is copied.
/// Source: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html.

#include <nanobind/nanobind.h>

#include <memory>
#include <mutex>

#include "squire/arrow.h"
#include "squire/table.h"

namespace squire::python {

namespace nb = nanobind;

/// The rows of a Python object. REQUIRES: the interpreter's lock; the source is then read without it.
BatchSource RowsOf(nb::handle object, Schema* schema);
/// All of them as one batch. ERRORS: those of the source; OverBudget when 32-bit offsets do not reach.
Result<Batch> GatherRows(const BatchSource& source, const Schema& schema);
/// One column. REQUIRES: the interpreter's lock.
Array ColumnOf(nb::handle object);
/// A schema. REQUIRES: the interpreter's lock.
Schema SchemaOf(nb::handle object);

/// A capsule of the schema, as __arrow_c_schema__ returns it.
nb::capsule SchemaCapsule(const Schema& schema);

/// One column on its way to the engine, made of Python values without pyarrow.
class ColumnObject {
 public:
  explicit ColumnObject(Array values) : values_(std::move(values)) {}
  /// A string column. ERRORS: TypeError for an item that is neither str nor None.
  static std::unique_ptr<ColumnObject> OfTexts(const nb::list& texts);
  [[nodiscard]] nb::tuple ArrowArrayCapsules() const;

 private:
  Array values_;
};

/// One batch on its way out.
class BatchObject {
 public:
  explicit BatchObject(Batch rows) : rows_(std::move(rows)) {}
  [[nodiscard]] int64_t num_rows() const { return rows_.num_rows; }
  [[nodiscard]] nb::tuple ArrowArrayCapsules() const;

 private:
  Batch rows_;
};

/// Batches on their way out, read as they are asked for. Any thread may ask; one is served at a time.
class BatchesObject {
 public:
  BatchesObject(Schema schema, std::unique_ptr<Scanner> scanner)
      : schema_(std::move(schema)), scanner_(std::move(scanner)) {}

  /// The next batch, or None.
  nb::object Next();
  [[nodiscard]] nb::capsule ArrowSchemaCapsule() const { return SchemaCapsule(schema_); }

 private:
  Schema schema_;
  std::mutex mutex_;
  std::unique_ptr<Scanner> scanner_;  // guarded by mutex_
};

/// Adds the classes to the module.
void BindArrow(nb::module_& module);

}  // namespace squire::python
