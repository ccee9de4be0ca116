#include "upkeep/health_slot.h"

#include <xxhash.h>

#include <algorithm>

namespace squire::upkeep {
namespace {

constexpr char kMagic[] = "SQHEALTH";
constexpr size_t kChecksumAt = 8, kSummedAt = 16, kPayloadAt = 32;
constexpr uint32_t kForm = 1;
constexpr size_t kStageNameMax = 16;
constexpr uint64_t kSequenceMax = uint64_t{1} << 62;  // beyond it no honest record comes

uint64_t ChecksumOf(Bytes slot) { return XXH3_64bits(slot.data() + kSummedAt, slot.size() - kSummedAt); }

/// The first `bytes_max` bytes, whole characters of UTF-8 only.
std::string_view Head(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) end--;
  return text.substr(0, end);
}

std::string_view Tail(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t begin = text.size() - bytes_max;
  while (begin < text.size() && (static_cast<uint8_t>(text[begin]) & 0xC0) == 0x80) begin++;
  return text.substr(begin);
}

void PutText(std::vector<uint8_t>& out, std::string_view text) {
  Put(out, static_cast<uint8_t>(text.size()));
  const Bytes bytes = AsBytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<std::string> ReadText(ByteReader& reader, size_t bytes_max) {
  const size_t size = TRY(reader.Read<uint8_t>());
  if (size > bytes_max) return Corruption("a text of a health record is too long");
  return std::string(AsText(TRY(reader.Take(size))));
}

Code CodeOf(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Code::kInternal); i++)
    if (CodeName(static_cast<Code>(i)) == name) return static_cast<Code>(i);
  return Code::kInternal;  // of a later version
}

void PutStage(std::vector<uint8_t>& out, const StageHealth& stage) {
  PutText(out, stage.stage);
  Put(out, static_cast<uint8_t>(stage.red));
  for (int64_t value : {stage.last_success_ns, stage.last_attempt_ns, stage.since_ns, stage.last_error_ns})
    Put(out, value);
  Put(out, stage.streak);
  Put(out, static_cast<uint8_t>(stage.last_error.has_value()));
  if (!stage.last_error) return;
  PutText(out, CodeName(stage.last_error->code));
  Put(out, int32_t{stage.last_error->os_errno});
  Put(out, static_cast<uint8_t>(stage.last_error->retryable));
  PutText(out, Head(stage.last_error->message, kHealthMessageMax));
  PutText(out, Tail(stage.last_error->path, kHealthPathMax));
}

Result<StageHealth> ReadStage(ByteReader& reader) {
  StageHealth stage;
  stage.stage = TRY(ReadText(reader, kStageNameMax));
  stage.red = TRY(reader.Read<uint8_t>()) != 0;
  for (int64_t* value : {&stage.last_success_ns, &stage.last_attempt_ns, &stage.since_ns, &stage.last_error_ns})
    *value = TRY(reader.Read<int64_t>());
  stage.streak = TRY(reader.Read<uint64_t>());
  if (TRY(reader.Read<uint8_t>()) == 0) return stage;
  Error error;
  error.code = CodeOf(TRY(ReadText(reader, kStageNameMax)));
  error.os_errno = TRY(reader.Read<int32_t>());
  error.retryable = TRY(reader.Read<uint8_t>()) != 0;
  error.message = TRY(ReadText(reader, kHealthMessageMax));
  error.path = TRY(ReadText(reader, kHealthPathMax));
  stage.last_error = std::move(error);
  return stage;
}

/// The fields in the order in which they are stored.
template <class Measures, class Use>
void EachMeasure(Measures& measures, Use use) {
  use(measures.bytes);
  use(measures.live_bytes);
  use(measures.versions);
  use(measures.fragments);
  use(measures.files);
  use(measures.descriptors);
  use(measures.free_bytes);
  use(measures.measured_ns);
}

}  // namespace

std::vector<uint8_t> EncodeSlot(const HealthSlot& slot) {
  std::vector<uint8_t> payload;
  EachMeasure(slot.measures, [&](auto value) { Put(payload, value); });
  const size_t stages = std::min(slot.stages.size(), kHealthStagesMax);
  Put(payload, static_cast<uint8_t>(stages));
  for (size_t i = 0; i < stages; i++) PutStage(payload, slot.stages[i]);

  const Bytes magic = AsBytes(kMagic);
  std::vector<uint8_t> out(magic.begin(), magic.end());
  Put(out, uint64_t{0});
  Put(out, slot.sequence);
  Put(out, kForm);
  Put(out, static_cast<uint32_t>(payload.size()));
  out.insert(out.end(), payload.begin(), payload.end());
  out.resize(kHealthSlotBytes);
  Store(out.data() + kChecksumAt, ChecksumOf(out));
  return out;
}

Result<HealthSlot> ParseSlot(Bytes bytes) {
  if (bytes.size() != kHealthSlotBytes || AsText(bytes.first(kChecksumAt)) != kMagic)
    return Corruption("this is no slot of a health record");
  if (Load<uint64_t>(bytes.data() + kChecksumAt) != ChecksumOf(bytes))
    return Corruption("a slot of a health record is torn");
  ByteReader reader(bytes.subspan(kSummedAt), "a slot of a health record");
  HealthSlot slot;
  slot.sequence = TRY(reader.Read<uint64_t>());
  if (slot.sequence > kSequenceMax) return Corruption("a health record's number is too great");
  if (TRY(reader.Read<uint32_t>()) != kForm) return Corruption("a health record of an unknown form");
  const size_t payload_bytes = TRY(reader.Read<uint32_t>());
  if (payload_bytes > kHealthSlotBytes - kPayloadAt) return Corruption("a health record is longer than its slot");
  ByteReader payload(bytes.subspan(kPayloadAt, payload_bytes), "a health record");
  Result<void> read;
  EachMeasure(slot.measures, [&](auto& value) {
    auto got = payload.Read<std::remove_reference_t<decltype(value)>>();
    if (got)
      value = *got;
    else
      read = std::move(got.error());
  });
  TRY(std::move(read));
  const size_t stages = TRY(payload.Read<uint8_t>());
  if (stages > kHealthStagesMax) return Corruption("a health record has too many stages");
  for (size_t i = 0; i < stages; i++) {
    StageHealth stage = TRY(ReadStage(payload));
    if (std::ranges::find(slot.stages, stage.stage, &StageHealth::stage) != slot.stages.end())
      return Corruption("a health record names a stage twice");
    slot.stages.push_back(std::move(stage));
  }
  return slot;
}

}  // namespace squire::upkeep
