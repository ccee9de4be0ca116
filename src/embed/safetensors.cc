#include "embed/safetensors.h"

#include <nlohmann/json.hpp>

namespace squire::embed {
namespace {

constexpr uint64_t kMaxHeaderBytes = 16 << 20;
constexpr size_t kMaxDimensions = 8;

Result<SafeTensors::Tensor> ParseEntry(const std::string& name, const nlohmann::json& entry, Bytes data) {
  const auto wrong = [&] { return Corruption("safetensors: the entry of tensor " + name + " is malformed"); };
  if (!entry.is_object() || !entry.contains("shape") || !entry.contains("data_offsets")) return wrong();
  const auto& shape = entry["shape"];
  const auto& offsets = entry["data_offsets"];
  if (!shape.is_array() || shape.size() > kMaxDimensions || !offsets.is_array() || offsets.size() != 2) return wrong();
  if (!offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) return wrong();
  const auto begin = offsets[0].get<uint64_t>();
  const auto end = offsets[1].get<uint64_t>();
  if (begin > end || end > data.size()) return wrong();
  SafeTensors::Tensor out;
  uint64_t bytes = sizeof(float);
  for (const auto& extent : shape) {
    if (!extent.is_number_unsigned() || __builtin_mul_overflow(bytes, extent.get<uint64_t>(), &bytes)) return wrong();
    out.shape.push_back(extent.get<size_t>());
  }
  if (bytes != end - begin) return wrong();
  out.bytes = data.subspan(begin, end - begin);
  return out;
}

}  // namespace

Result<SafeTensors> SafeTensors::Parse(Bytes file) {
  ByteReader reader(file, "safetensors");
  const auto header_size = TRY(reader.Read<uint64_t>());
  if (header_size > kMaxHeaderBytes) return Corruption("safetensors: a header of more than 16 MiB");
  const Bytes header = TRY(reader.Take(header_size));
  const Bytes data = file.subspan(reader.position());
  const auto json = nlohmann::json::parse(header.begin(), header.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Corruption("safetensors: the header is not a JSON object");
  SafeTensors out;
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__" || !entry.is_object() || entry.value("dtype", nlohmann::json()) != "F32") continue;
    out.tensors_[name] = TRY(ParseEntry(name, entry, data));
  }
  return out;
}

Result<std::vector<float>> SafeTensors::Read(const std::string& name, std::span<const size_t> shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return NotFound("safetensors: no float32 tensor " + name);
  const Tensor& tensor = found->second;
  if (!std::equal(shape.begin(), shape.end(), tensor.shape.begin(), tensor.shape.end())) {
    return Corruption("safetensors: tensor " + name + " has another shape than the model's");
  }
  std::vector<float> out(tensor.bytes.size() / sizeof(float));
  std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
  return out;
}

}  // namespace squire::embed
