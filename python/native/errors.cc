#include "errors.h"

#include <nanobind/stl/string.h>

#include <string>

namespace squire::python {

void Raise(const Error& error) {
  const nb::object make = nb::module_::import_("squire.errors").attr("_make");
  const std::string code(CodeName(error.code));
  const std::string sentence = error.ToString().substr(code.size() + 2);  // the class says the code
  const nb::object exception = make(code, sentence, error.path, error.os_errno, error.retryable);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  throw nb::python_error();
}

}  // namespace squire::python
