#include "index/text/posting_codec.h"

#include <bit>
#include <cstring>
#include <utility>

namespace squire::text {
namespace {

constexpr size_t kLanes = 4;
constexpr size_t kSlots = kBlockDocuments / kLanes;
constexpr size_t kHeaderBytes = sizeof(float);

using Lanes [[gnu::vector_size(16)]] = uint32_t;

Lanes Load(const uint8_t* at) {
  Lanes lanes;
  std::memcpy(&lanes, at, sizeof(lanes));
  return lanes;
}

/// Value i lies in lane i % 4, from bit i / 4 * kBits of that lane on.
template <uint32_t kBits>
void Unpack(const uint8_t* bytes, uint32_t* out) {
  constexpr uint32_t kMask = kBits == 32 ? ~0u : (1u << kBits) - 1;
  const auto one = [&]<size_t kSlot>() {
    constexpr uint32_t kBit = kSlot * kBits, kWord = kBit / 32, kShift = kBit % 32;
    Lanes value = Load(bytes + 16 * kWord) >> kShift;
    if constexpr (kShift + kBits > 32) value |= Load(bytes + 16 * (kWord + 1)) << (32 - kShift);
    value &= kMask;
    std::memcpy(out + kLanes * kSlot, &value, sizeof(value));
  };
  if constexpr (kBits == 0)
    std::memset(out, 0, kBlockDocuments * sizeof(uint32_t));
  else
    [&]<size_t... kSlot>(std::index_sequence<kSlot...>) {
      (one.template operator()<kSlot>(), ...);
    }(std::make_index_sequence<kSlots>());
}

using UnpackFunction = void (*)(const uint8_t*, uint32_t*);
constexpr auto kUnpack = []<size_t... kBits>(std::index_sequence<kBits...>) {
  return std::array<UnpackFunction, sizeof...(kBits)>{&Unpack<kBits>...};
}(std::make_index_sequence<33>());

void Pack(const uint32_t* values, uint32_t bits, std::vector<uint8_t>& out) {
  std::array<Lanes, 32> words{};
  for (uint32_t slot = 0; slot < kSlots && bits > 0; slot++) {
    const uint32_t bit = slot * bits, word = bit / 32, shift = bit % 32;
    Lanes four;
    std::memcpy(&four, values + kLanes * slot, sizeof(four));
    words[word] |= four << shift;
    if (shift + bits > 32) words[word + 1] |= four >> (32 - shift);
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(words.data());
  out.insert(out.end(), bytes, bytes + sizeof(Lanes) * bits);
}

uint32_t BitsOf(std::span<const uint32_t> values) {
  uint32_t all = 0;
  for (const uint32_t value : values) all |= value;
  return static_cast<uint32_t>(std::bit_width(all));
}

/// Differences to what they are of, from `first` on.
void AddUp(uint32_t first, uint32_t* values) {
  Lanes before = {first, first, first, first};
  const Lanes zero = {0, 0, 0, 0};
  for (size_t i = 0; i < kBlockDocuments; i += kLanes) {
    Lanes four;
    std::memcpy(&four, values + i, sizeof(four));
    four += __builtin_shufflevector(zero, four, 0, 4, 5, 6);
    four += __builtin_shufflevector(zero, four, 0, 1, 4, 5);
    four += before;
    std::memcpy(values + i, &four, sizeof(four));
    before = __builtin_shufflevector(four, four, 3, 3, 3, 3);
  }
}

void PutVarint(uint32_t value, std::vector<uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

/// Null at the end, and for one of more than 32 bits.
const uint8_t* ReadVarint(const uint8_t* at, const uint8_t* end, uint32_t& out) {
  uint64_t value = 0;
  for (unsigned shift = 0; at < end && shift < 35; shift += 7) {
    const uint8_t byte = *at++;
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) {
      out = static_cast<uint32_t>(value);
      return value >> 32 == 0 ? at : nullptr;
    }
  }
  return nullptr;
}

/// Documents and frequencies of a short block; null when they do not fit.
const uint8_t* ReadShort(const uint8_t* at, const uint8_t* end, size_t count, PostingBlock& out) {
  uint32_t document = 0;
  for (size_t i = 0; i < count && at != nullptr; i++) {
    uint32_t delta = 0;
    at = ReadVarint(at, end, delta);
    out.documents[i] = document += delta;
  }
  for (size_t i = 0; i < count && at != nullptr; i++) at = ReadVarint(at, end, out.frequencies[i]);
  return at;
}

/// A packed column of a full block, from its width on; null when it does not fit.
const uint8_t* ReadPacked(const uint8_t* at, const uint8_t* end, uint32_t* out) {
  if (at >= end || *at > 32) return nullptr;
  const uint32_t bits = *at++;
  if (static_cast<size_t>(end - at) < size_t{16} * bits) return nullptr;
  kUnpack[bits](at, out);
  return at + size_t{16} * bits;
}

Error Damaged(const char* what) { return Corruption(std::string("a block of postings ") + what); }

}  // namespace

void EncodeBlock(std::span<const uint32_t> documents, std::span<const uint32_t> frequencies, float max_score,
                 std::vector<uint8_t>& out) {
  const size_t at = out.size();
  out.resize(at + kHeaderBytes);
  std::memcpy(out.data() + at, &max_score, kHeaderBytes);
  if (documents.size() < kBlockDocuments) {
    uint32_t before = 0;
    for (const uint32_t document : documents) {
      PutVarint(document - before, out);
      before = document;
    }
    for (const uint32_t frequency : frequencies) PutVarint(frequency, out);
    return;
  }
  std::array<uint32_t, kBlockDocuments> deltas;
  deltas[0] = 0;
  for (size_t i = 1; i < kBlockDocuments; i++) deltas[i] = documents[i] - documents[i - 1];
  const size_t first = out.size();
  out.resize(first + sizeof(uint32_t));
  std::memcpy(out.data() + first, documents.data(), sizeof(uint32_t));
  for (const std::span<const uint32_t> values : {std::span<const uint32_t>(deltas), frequencies}) {
    const uint32_t bits = BitsOf(values);
    out.push_back(static_cast<uint8_t>(bits));
    Pack(values.data(), bits, out);
  }
}

Result<void> DecodeBlock(Bytes block, size_t count, uint32_t num_documents, PostingBlock& out) {
  const uint8_t* const end = block.data() + block.size();
  if (count == 0 || count > kBlockDocuments || block.size() < kHeaderBytes) return Damaged("has a wrong size");
  const uint8_t* at = block.data() + kHeaderBytes;
  if (count < kBlockDocuments) {
    at = ReadShort(at, end, count, out);
  } else {
    if (end - at < static_cast<ptrdiff_t>(sizeof(uint32_t))) return Damaged("ends too soon");
    uint32_t first = 0;
    std::memcpy(&first, at, sizeof(first));
    at = ReadPacked(at + sizeof(first), end, out.documents.data());
    if (at != nullptr) {
      uint64_t sum = first;  // the sums are of 32 bits
      for (const uint32_t delta : out.documents) sum += delta;
      if (sum >= num_documents) return Damaged("names a document that is not there");
      AddUp(first, out.documents.data());
      at = ReadPacked(at, end, out.frequencies.data());
    }
  }
  if (at != end) return Damaged(at == nullptr ? "ends too soon" : "is too long");
  for (size_t i = 0; i < count; i++) {
    if (out.documents[i] >= num_documents) return Damaged("names a document that is not there");
    if (i > 0 && out.documents[i] <= out.documents[i - 1]) return Damaged("is not in order");
    if (out.frequencies[i] == 0) return Damaged("has a frequency of zero");
  }
  return {};
}

void EncodePositions(std::span<const uint32_t> positions, std::span<const uint32_t> frequencies,
                     std::vector<uint8_t>& out) {
  std::array<uint32_t, kBlockDocuments> group;
  size_t in_group = 0, at = 0;
  for (const uint32_t frequency : frequencies) {
    uint32_t before = 0;
    for (uint32_t i = 0; i < frequency; i++, at++) {
      group[in_group++] = positions[at] - before;
      before = positions[at];
      if (in_group < group.size()) continue;
      const uint32_t bits = BitsOf(group);
      out.push_back(static_cast<uint8_t>(bits));
      Pack(group.data(), bits, out);
      in_group = 0;
    }
  }
  for (size_t i = 0; i < in_group; i++) PutVarint(group[i], out);
}

Result<void> DecodePositions(Bytes block, std::span<const uint32_t> frequencies, std::vector<uint32_t>& out) {
  uint64_t count = 0;
  for (const uint32_t frequency : frequencies) count += frequency;
  // A group of 128 takes a byte at least, when all its differences are zero.
  if (count / kBlockDocuments > block.size()) return Damaged("has too few positions");
  out.resize(RoundUp(count, kBlockDocuments));
  const uint8_t *at = block.data(), *const end = at + block.size();
  size_t i = 0;
  for (; i + kBlockDocuments <= count && at != nullptr; i += kBlockDocuments) at = ReadPacked(at, end, out.data() + i);
  for (; i < count && at != nullptr; i++) at = ReadVarint(at, end, out[i]);
  if (at != end) return Damaged(at == nullptr ? "has too few positions" : "has too many positions");
  out.resize(count);
  i = 0;
  for (const uint32_t frequency : frequencies) {
    uint64_t sum = 0;
    for (uint32_t of_document = 0; of_document < frequency; of_document++, i++) {
      sum += out[i];
      if (sum > ~uint32_t{0}) return Damaged("has a position of over 32 bits");
      out[i] = static_cast<uint32_t>(sum);
    }
  }
  return {};
}

}  // namespace squire::text
