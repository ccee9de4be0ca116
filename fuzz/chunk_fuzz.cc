// A file of a tree, cut into chunks. First byte: its language. Bytes that are no text are made text first, as always.

#include "corpus/chunk.h"
#include "corpus/read.h"
#include "corpus/utf8.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  static constexpr const char* kNames[] = {"a.md", "a.py", "a.js",  "a.ts",  "a.tsx", "a.go",  "a.rs", "a.java",
                                           "a.c",  "a.cc", "a.rst", "a.txt", "a.h",   "a.mdx", "a.sh", "Makefile"};
  fuzz::Input input(data, size);
  const char* name = kNames[input.TakeByte() % std::size(kNames)];
  const auto decoded = corpus::DecodeText(std::string(AsText(input.Rest())), name, true);
  if (decoded.skip != corpus::SkipReason::kNone) return 0;
  fuzz::Require(corpus::IsUtf8(decoded.text), "text is valid");
  corpus::Chunker chunker;
  const auto file = chunker.Chunk(name, decoded.text);
  if (!file) return 0;
  for (const corpus::Chunk& chunk : file->chunks) {
    fuzz::Require(chunk.start_line >= 1 && chunk.start_line <= chunk.end_line, "a chunk has lines");
    fuzz::Require(corpus::IsUtf8(chunk.text) && corpus::IsUtf8(chunk.name), "a chunk is valid text");
  }
  return 0;
}
