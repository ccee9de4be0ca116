#pragma once

/// What the local model's run time offers, behind a shared object that only a process that embeds loads.
/// Both sides are built together; kRunnerVersion guards against a mixed installation.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/try.h"

namespace squire::embed {

inline constexpr int kRunnerVersion = 1;
inline constexpr const char* kRunnerLibrary = "libsquire_openvino.so";

struct RunnerOptions {
  std::filesystem::path graph;  ///< model.xml, with model.bin beside it.
  std::string identity;         ///< Of the model; part of the cache's key.
  /// Folders in which prepared models may lie; looked through in order, and a new one goes to the first that can be
  /// written. None: nothing is cached.
  std::vector<std::filesystem::path> caches;
  uint32_t slots = 1;    ///< Batches that run at once, each on its share of the threads; each holds its own plans.
  uint32_t threads = 1;  ///< REQUIRES: both >= 1.
};

/// `count` texts of `length` tokens each, padding included.
struct RunnerBatch {
  size_t count = 0;
  size_t length = 0;
  float* embedded = nullptr;  ///< [count, length, dimension], sums of embeddings.
  float* mask = nullptr;      ///< [count, length], 1 for a token, 0 for padding.
  float* out = nullptr;       ///< [count, dimension]
};

/// THREADS: Run may be called at once for different slots, once at a time for one.
class Runner {
 public:
  virtual ~Runner() = default;

  [[nodiscard]] virtual size_t slots() const = 0;
  [[nodiscard]] virtual std::string precision() const = 0;
  [[nodiscard]] virtual bool from_cache() const = 0;
  virtual Result<void> Run(size_t slot, const RunnerBatch& batch) = 0;
};

/// The module's two symbols: SquireRunnerVersion, and SquireOpenRunner, which fills one of its last two arguments.
using RunnerVersionFunction = int();
using OpenRunnerFunction = void(const RunnerOptions& options, std::unique_ptr<Runner>* runner, Error* error);

}  // namespace squire::embed
