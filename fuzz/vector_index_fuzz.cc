// The files of a vector index: the first two bytes say how long index.idx is, then it, then auxiliary.idx. Opened and
// searched by a query of the index's own dimension.

#include "index/vector/vector_index.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  MemoryFileSystem fs;
  fuzz::Require(fs.CreateFolders("/i").has_value(), "a folder is made");
  const size_t length = input.TakeU16();
  fuzz::PutFile(fs, "/i/index.idx", input.Take(length));
  fuzz::PutFile(fs, "/i/auxiliary.idx", input.Rest());
  const auto index = vector::VectorIndex::Open(std::make_shared<table::FileCache>(fs, 4), "/i");
  if (!index) return 0;
  vector::RowMask rows;
  rows.Add(0, std::vector<uint64_t>(4, ~uint64_t{0}));
  const std::vector<float> query((*index)->dim(), 0.5f);
  vector::ProbeOptions options;
  options.nprobes = 4;
  const auto found = (*index)->Search(query, options, rows);
  if (!found) return 0;
  for (const simd::Neighbor& near : *found) fuzz::Require(rows.Contains(near.row), "a row that was asked for is found");
  return 0;
}
