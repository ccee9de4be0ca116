/// The local model's run time on OpenVINO: the shared object libsquire_openvino.so (embed/runner.h).

#include <algorithm>
#include <exception>
#include <openvino/openvino.hpp>
#include <optional>

#include "embed/model_files.h"
#include "embed/prepared_cache.h"
#include "embed/runner.h"
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace squire::embed {
namespace {

constexpr size_t kMaxGraphBytes = 16 << 20;

/// Where the CPU multiplies bfloat16 natively it is twice as fast, and the vectors differ by a cosine of 0.00001.
bool HasBfloat16() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool avx512 = __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 5 & 1) != 0;
  const bool amx = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1) != 0;
  return (avx512 || amx) && __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

class OpenVinoRunner : public Runner {
 public:
  explicit OpenVinoRunner(const RunnerOptions& options)
      : type_(HasBfloat16() ? ov::element::bf16 : ov::element::f32), model_(Prepare(options)) {
    for (size_t i = 0; i < options.slots; ++i) requests_.push_back(model_.create_infer_request());
  }

  [[nodiscard]] size_t slots() const override { return requests_.size(); }
  [[nodiscard]] std::string precision() const override { return type_.get_type_name(); }
  [[nodiscard]] bool from_cache() const override { return from_cache_; }

  Result<void> Run(size_t slot, const RunnerBatch& batch) override {
    try {
      ov::InferRequest& request = requests_.at(slot);
      const size_t dimension = static_cast<size_t>(model_.input(0).get_partial_shape()[2].get_length());
      request.set_input_tensor(0, ov::Tensor(ov::element::f32, {batch.count, batch.length, dimension}, batch.embedded));
      request.set_input_tensor(1, ov::Tensor(ov::element::f32, {batch.count, batch.length}, batch.mask));
      request.infer();
      const ov::Tensor output = request.get_output_tensor(0);
      if (output.get_size() != batch.count * dimension) return Internal("the model gave an output of another shape");
      std::copy_n(output.data<const float>(), output.get_size(), batch.out);
      return {};
    } catch (const std::exception& error) {
      return Internal(std::string("the model failed: ") + error.what());
    }
  }

 private:
  [[nodiscard]] ov::AnyMap Config(const RunnerOptions& options) const {
    return {ov::hint::inference_precision(type_), ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
            ov::num_streams(static_cast<int32_t>(options.slots)),
            ov::inference_num_threads(static_cast<int32_t>(std::max(options.slots, options.threads))),
            ov::hint::enable_cpu_pinning(false)};
  }

  /// From a cache where there is one, else anew, and then into a cache where one can be written.
  ov::CompiledModel Prepare(const RunnerOptions& options) {
    const std::string graph = options.graph.string();
    const ov::AnyMap plain = Config(options);
    if (options.caches.empty()) return core_.compile_model(graph, "CPU", plain);
    PreparedCache cache(options.caches, CacheKey(options));
    const auto with = [&](const std::filesystem::path& folder) {
      ov::AnyMap config = plain;
      config.insert(ov::cache_dir(folder.string()));
      config.insert(ov::cache_blob_id(cache.id()));
      config.insert(ov::cache_mode(ov::CacheMode::OPTIMIZE_SIZE));  // 0.3 MB: the weights stay in model.bin
      return core_.compile_model(graph, "CPU", config);
    };
    std::optional<std::filesystem::path> folder = cache.Find();
    const bool found = folder.has_value();
    if (!found) folder = cache.Begin();
    if (folder) {
      try {
        ov::CompiledModel model = with(*folder);
        from_cache_ = found && model.get_property(ov::loaded_from_cache);
        if (found && !from_cache_)
          cache.Remove(*folder);  // OpenVINO knew better than the key; the next start tries anew
        cache.Publish();
        return model;
      } catch (const std::exception&) {  // an unusable cache is no reason not to embed
        cache.Discard();
      }
    }
    return core_.compile_model(graph, "CPU", plain);
  }

  /// All that a prepared model depends on. OpenVINO ties one to its graph's path and time, so they are in it.
  [[nodiscard]] std::string CacheKey(const RunnerOptions& options) const {
    const auto text = ReadSmallFile(options.graph, kMaxGraphBytes);
    if (!text) throw std::runtime_error(text.error().ToString());
    const auto time = std::filesystem::last_write_time(options.graph).time_since_epoch().count();
    return *text + options.identity + std::filesystem::canonical(options.graph).string() + std::to_string(time) +
           ov::get_openvino_version().buildNumber + type_.get_type_name() + CpuIdentity();
  }

  ov::element::Type type_;
  ov::Core core_;
  bool from_cache_ = false;
  ov::CompiledModel model_;
  std::vector<ov::InferRequest> requests_;
};

}  // namespace
}  // namespace squire::embed

extern "C" __attribute__((visibility("default"))) int SquireRunnerVersion() { return squire::embed::kRunnerVersion; }

extern "C" __attribute__((visibility("default"))) void SquireOpenRunner(const squire::embed::RunnerOptions& options,
                                                                        std::unique_ptr<squire::embed::Runner>* runner,
                                                                        squire::Error* error) {
  try {
    *runner = std::make_unique<squire::embed::OpenVinoRunner>(options);
  } catch (const std::exception& failure) {
    *error = squire::Internal(std::string("OpenVINO cannot load the local model: ") + failure.what());
    error->path = options.graph.string();
  }
}
