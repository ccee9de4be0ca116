#pragma once

/// First aid for Python: functions of the module, each over one table's folder.

#include <nanobind/nanobind.h>

#include "errors.h"

namespace squire::python {

void BindRescue(nb::module_& module);

}  // namespace squire::python
