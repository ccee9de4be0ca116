#pragma once

/// TRY, short for the house; include/squire keeps the long name so that users' macros do not collide.

#include "squire/result.h"

#define TRY SQUIRE_TRY
