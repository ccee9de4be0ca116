// A node is written when the word that comes no longer passes it; where an equal one is known, ways lead there instead.

#include "index/text/fst_writer.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/bytes.h"
#include "index/text/fst_words.h"

namespace squire::text {
namespace {

constexpr size_t kKnownNodes = 1 << 14;

/// Bytes that a number takes: 1 to 8.
size_t SizeOf(uint64_t number) { return std::max<size_t>(1, (static_cast<size_t>(std::bit_width(number)) + 7) / 8); }

/// How far a target lies before the node that begins at `begin`; 0 for the end of a word.
uint64_t Distance(uint64_t begin, uint64_t target) { return target == 0 ? 0 : begin - target; }

/// The number of a letter among the common ones, from 1; 0 for others.
uint8_t CommonNumber(uint8_t letter) {
  static const auto numbers = [] {
    std::array<uint8_t, 256> out{};
    for (size_t i = 0; i < kFstCommonLetters.size(); i++)
      out[static_cast<uint8_t>(kFstCommonLetters[i])] = static_cast<uint8_t>(i + 1);
    return out;
  }();
  return numbers[letter];
}

/// CRC-32C, masked as the form wants it.
uint32_t Checksum(Bytes bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> out{};
    for (uint32_t i = 0; i < out.size(); i++) {
      out[i] = i;
      for (int bit = 0; bit < 8; bit++) out[i] = (out[i] >> 1) ^ ((out[i] & 1) != 0 ? 0x82f63b78 : 0);
    }
    return out;
  }();
  uint32_t crc = ~uint32_t{0};
  for (const uint8_t byte : bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >> 8);
  return std::rotr(~crc, 15) + 0xa282ead8;
}

}  // namespace

FstWriter::FstWriter() : open_(1), known_(kKnownNodes) {
  Put(out_, kFstVersion);
  Put(out_, uint64_t{0});  // of no kind
}

void FstWriter::Add(std::string_view word, uint64_t number) {
  count_++;
  if (word.empty()) {  // the root alone; the first word
    open_[0].is_final = true;
    open_[0].final_output = number;
    return;
  }
  const auto shared = static_cast<size_t>(std::ranges::mismatch(word, word_).in1 - word.begin());
  CloseFrom(shared);
  // Along the letters that both share, what both do not share moves on towards the ends.
  for (size_t i = 0; i < shared; i++) {
    Way& way = open_[i].ways.back();
    const uint64_t output = std::min(way.output, number), rest = way.output - output;
    way.output = output;
    number -= output;
    if (rest == 0) continue;
    Node& next = open_[i + 1];
    if (next.is_final) next.final_output += rest;
    for (Way& onward : next.ways) onward.output += rest;
  }
  if (open_.size() <= word.size()) open_.resize(word.size() + 1);
  for (size_t i = shared; i < word.size(); i++) {
    open_[i].ways.push_back({static_cast<uint8_t>(word[i]), i == shared ? number : 0, 0});
    open_[i + 1].is_final = i + 1 == word.size();
    open_[i + 1].final_output = 0;
    open_[i + 1].ways.clear();
  }
  depth_ = word.size();
  word_ = word;
}

std::vector<uint8_t> FstWriter::Finish() {
  CloseFrom(0);
  const uint64_t root = Close(open_[0]);
  Put(out_, count_);
  Put(out_, root);
  Put(out_, Checksum(out_));
  return std::move(out_);
}

/// Closes the nodes behind the first `letters` letters of the word before.
void FstWriter::CloseFrom(size_t letters) {
  for (; depth_ > letters; depth_--) open_[depth_ - 1].ways.back().target = Close(open_[depth_]);
}

/// The address of `node`, which is written unless it is known.
uint64_t FstWriter::Close(const Node& node) {
  if (node.is_final && node.ways.empty() && node.final_output == 0) return 0;
  Known& known = known_[SlotOf(node)];
  if (known.address != 0 && known.node == node) return known.address;
  Write(node);
  last_ = out_.size() - 1;
  known.node = node;
  known.address = last_;
  return last_;
}

size_t FstWriter::SlotOf(const Node& node) {
  uint64_t hash = node.final_output * 2 + (node.is_final ? 1 : 0);
  const auto mix = [&hash](uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  };
  for (const Way& way : node.ways) {
    mix(way.letter);
    mix(way.output);
    mix(way.target);
  }
  return hash % kKnownNodes;
}

void FstWriter::Write(const Node& node) {
  if (node.ways.size() == 1 && !node.is_final) return WriteOneWay(node.ways[0]);
  const uint64_t begin = out_.size();
  bool has_outputs = node.final_output != 0;
  size_t output_bytes = SizeOf(node.final_output), target_bytes = 0;
  for (const Way& way : node.ways) {
    has_outputs = has_outputs || way.output != 0;
    output_bytes = std::max(output_bytes, SizeOf(way.output));
    target_bytes = std::max(target_bytes, SizeOf(Distance(begin, way.target)));
  }
  if (!has_outputs) output_bytes = 0;
  if (node.is_final) WriteNumber(node.final_output, output_bytes);
  const auto backwards = [&](auto&& each) { std::for_each(node.ways.rbegin(), node.ways.rend(), each); };
  backwards([&](const Way& way) { WriteNumber(way.output, output_bytes); });
  backwards([&](const Way& way) { WriteNumber(Distance(begin, way.target), target_bytes); });
  backwards([&](const Way& way) { out_.push_back(way.letter); });
  if (node.ways.size() > kFstIndexFrom) {
    std::array<uint8_t, 256> ways;
    ways.fill(0xff);
    for (size_t i = 0; i < node.ways.size(); i++) ways[node.ways[i].letter] = static_cast<uint8_t>(i);
    out_.insert(out_.end(), ways.begin(), ways.end());
  }
  out_.push_back(static_cast<uint8_t>(target_bytes << 4 | output_bytes));
  const bool fits = !node.ways.empty() && node.ways.size() < 64;
  if (!fits) out_.push_back(static_cast<uint8_t>(node.ways.size() == 256 ? 1 : node.ways.size()));
  out_.push_back(static_cast<uint8_t>((node.is_final ? 0x40 : 0) | (fits ? node.ways.size() : 0)));
}

void FstWriter::WriteOneWay(const Way& way) {
  const uint8_t common = CommonNumber(way.letter);
  const bool is_next = way.target == last_ && way.target != 0 && way.output == 0;
  if (!is_next) {
    const uint64_t distance = Distance(out_.size(), way.target);
    const size_t output_bytes = way.output == 0 ? 0 : SizeOf(way.output), target_bytes = SizeOf(distance);
    WriteNumber(way.output, output_bytes);
    WriteNumber(distance, target_bytes);
    out_.push_back(static_cast<uint8_t>(target_bytes << 4 | output_bytes));
  }
  if (common == 0) out_.push_back(way.letter);
  out_.push_back(static_cast<uint8_t>((is_next ? 0xc0 : 0x80) | common));
}

void FstWriter::WriteNumber(uint64_t number, size_t size) {
  for (size_t i = 0; i < size; i++) out_.push_back(static_cast<uint8_t>(number >> (8 * i)));
}

}  // namespace squire::text
