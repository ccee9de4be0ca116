// The module squire._native: the engine's public classes for Python. The package python/squire is what people use.

#include <nanobind/nanobind.h>

#include "arrow_object.h"
#include "rescue_object.h"
#include "table_object.h"

NB_MODULE(_native, module) {
  namespace nb = nanobind;
  using squire::python::TableClass;
  using squire::python::TableObject;
  module.doc() = "The engine below the package squire; its names may change from one version to the next.";
  module.attr("__version__") = SQUIRE_VERSION;
  squire::python::BindArrow(module);
  squire::python::BindRescue(module);
  TableClass table(module, "Table", "A handle on one version of a table.");
  squire::python::BindLife(table);
  squire::python::BindReads(table);
  squire::python::BindNearest(table);
  squire::python::BindWrites(table);
  squire::python::BindVersions(table);
  squire::python::BindHealth(module, table);
}
