#pragma once

/// A view of a safetensors file (8 bytes of header length, a JSON header, then the tensors' bytes), float32 only.
/// Borrows the bytes it was made from; immutable.
/// Source: https://github.com/huggingface/safetensors, section "Format".

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace squire::embed {

class SafeTensors {
 public:
  struct Tensor {
    std::vector<size_t> shape;
    Bytes bytes;  ///< Little-endian float32, row major; not necessarily aligned.
  };

  /// ERRORS: Corruption when the header, an offset or a size is wrong; Unsupported for a tensor that is not float32
  /// when it is asked for.
  static Result<SafeTensors> Parse(Bytes file);

  /// The tensor `name`, copied out. ERRORS: NotFound; Corruption when its shape is not `shape`.
  [[nodiscard]] Result<std::vector<float>> Read(const std::string& name, std::span<const size_t> shape) const;

 private:
  std::map<std::string, Tensor> tensors_;
};

}  // namespace squire::embed
