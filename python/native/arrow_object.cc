#include "arrow_object.h"

#include <nanobind/stl/unique_ptr.h>

#include "errors.h"

namespace squire::python {
namespace {

/// Frees a struct whose consumer did not take it.
template <class Struct>
void FreeStruct(void* memory) noexcept {
  auto* owned = static_cast<Struct*>(memory);
  if (owned->release != nullptr) owned->release(owned);
  delete owned;
}

/// A capsule of what `fill` puts into a new struct.
template <class Struct, class Fill>
nb::capsule Capsule(const char* name, Fill&& fill) {
  auto made = std::make_unique<Struct>();
  *made = {};
  Unwrap(fill(made.get()));
  return {made.release(), name, &FreeStruct<Struct>};
}

/// What a capsule of `name` points at.
template <class Struct>
Struct* Pointer(nb::handle capsule, const char* name) {
  void* pointer = PyCapsule_GetPointer(capsule.ptr(), name);
  if (pointer == nullptr) throw nb::python_error();
  return static_cast<Struct*>(pointer);
}

/// The two capsules of __arrow_c_array__; they own what the pointers show until it is taken over.
struct ArrayCapsules {
  explicit ArrayCapsules(nb::handle object) : pair(object.attr("__arrow_c_array__")()) {
    schema = Pointer<ArrowSchema>(pair[0], "arrow_schema");
    array = Pointer<ArrowArray>(pair[1], "arrow_array");
  }
  nb::object pair;
  ArrowSchema* schema;
  ArrowArray* array;
};

Error NoRows(nb::handle object) {
  return InvalidArgument(std::string("rows cannot be read from a ") + nb::type_name(object.type()).c_str() +
                         ": it has neither __arrow_c_stream__ nor __arrow_c_array__");
}

}  // namespace

BatchSource RowsOf(nb::handle object, Schema* schema) {
  if (nb::hasattr(object, "__arrow_c_stream__")) {
    const nb::object capsule = object.attr("__arrow_c_stream__")();
    auto stream = std::make_shared<BatchStream>(
        Unwrap(BatchStream::Import(Pointer<ArrowArrayStream>(capsule, "arrow_array_stream"))));
    *schema = stream->schema();
    return [stream] { return stream->Next(); };
  }
  if (!nb::hasattr(object, "__arrow_c_array__")) Raise(NoRows(object));
  const ArrayCapsules capsules(object);
  auto rows = std::make_shared<std::optional<Batch>>(Unwrap(ImportBatch(capsules.array, *capsules.schema)));
  *schema = (*rows)->schema;
  return [rows]() -> Result<std::optional<Batch>> { return std::exchange(*rows, std::nullopt); };
}

Result<Batch> GatherRows(const BatchSource& source, const Schema& schema) {
  std::vector<std::vector<Array>> parts(schema.fields.size());
  Batch out{schema, {}, 0};
  while (auto rows = SQUIRE_TRY(source())) {
    if (rows->num_rows == 0) continue;
    for (size_t i = 0; i < parts.size(); i++) parts[i].push_back(std::move(rows->columns[i]));
    out.num_rows += rows->num_rows;
  }
  for (size_t i = 0; i < parts.size(); i++)
    out.columns.push_back(parts[i].empty() ? SQUIRE_TRY(NullArray(schema.fields[i].type, 0))
                                           : SQUIRE_TRY(Concatenate(parts[i])));
  return out;
}

Array ColumnOf(nb::handle object) {
  if (!nb::hasattr(object, "__arrow_c_array__")) Raise(NoRows(object));
  const ArrayCapsules capsules(object);
  return Unwrap(ImportArray(capsules.array, *capsules.schema));
}

Schema SchemaOf(nb::handle object) {
  if (!nb::hasattr(object, "__arrow_c_schema__"))
    Raise(InvalidArgument("a schema has __arrow_c_schema__; this object has not"));
  const nb::object capsule = object.attr("__arrow_c_schema__")();
  return Unwrap(ImportSchema(*Pointer<ArrowSchema>(capsule, "arrow_schema")));
}

nb::capsule SchemaCapsule(const Schema& schema) {
  return Capsule<ArrowSchema>("arrow_schema", [&](ArrowSchema* out) { return ExportSchema(schema, out); });
}

std::unique_ptr<ColumnObject> ColumnObject::OfTexts(const nb::list& texts) {
  ArrayBuilder builder(TypeId::kLargeString);
  for (nb::handle text : texts) {
    if (text.is_none()) {
      builder.AppendNull();
      continue;
    }
    Py_ssize_t size = 0;
    const char* bytes = PyUnicode_Check(text.ptr()) ? PyUnicode_AsUTF8AndSize(text.ptr(), &size) : nullptr;
    if (bytes == nullptr) {
      PyErr_Clear();
      throw nb::type_error("every item must be a string of Unicode text, or None");
    }
    builder.AppendText({bytes, static_cast<size_t>(size)});
  }
  return std::make_unique<ColumnObject>(Unwrap(builder.Finish()));
}

nb::tuple ColumnObject::ArrowArrayCapsules() const {
  const Field field{"", values_.type, true, {}};
  return nb::make_tuple(Capsule<ArrowSchema>("arrow_schema", [&](ArrowSchema* out) { return ExportField(field, out); }),
                        Capsule<ArrowArray>("arrow_array", [&](ArrowArray* out) { return ExportArray(values_, out); }));
}

nb::tuple BatchObject::ArrowArrayCapsules() const {
  return nb::make_tuple(SchemaCapsule(rows_.schema),
                        Capsule<ArrowArray>("arrow_array", [&](ArrowArray* out) { return ExportBatch(rows_, out); }));
}

nb::object BatchesObject::Next() {
  auto rows = Engine([&]() -> Result<std::optional<Batch>> {
    const std::lock_guard lock(mutex_);
    return scanner_->Next();
  });
  if (!rows) return nb::none();
  return nb::cast(BatchObject(*std::move(rows)));
}

void BindArrow(nb::module_& module) {
  nb::class_<ColumnObject>(module, "Column", "Values of one column, handed over by the Arrow C data interface.")
      .def_static("of_texts", &ColumnObject::OfTexts, nb::arg("texts"))
      .def(
          "__arrow_c_array__", [](const ColumnObject& self, nb::handle) { return self.ArrowArrayCapsules(); },
          nb::arg("requested_schema").none() = nb::none());
  nb::class_<BatchObject>(module, "Batch", "Rows, handed over by the Arrow C data interface.")
      .def(
          "__init__",
          [](BatchObject* self, nb::handle rows) {
            Schema schema;
            const BatchSource source = RowsOf(rows, &schema);
            new (self) BatchObject(Engine([&] { return GatherRows(source, schema); }));
          },
          nb::arg("rows"))
      .def("__len__", &BatchObject::num_rows)
      .def(
          "__arrow_c_array__", [](const BatchObject& self, nb::handle) { return self.ArrowArrayCapsules(); },
          nb::arg("requested_schema").none() = nb::none());
  nb::class_<BatchesObject>(module, "Batches", "Rows of one version, read batch by batch.")
      .def("next", &BatchesObject::Next, "The next batch, or None at the end.")
      .def("__arrow_c_schema__", &BatchesObject::ArrowSchemaCapsule);
}

}  // namespace squire::python
