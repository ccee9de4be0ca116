// The files of a vector index of any kind: the first two bytes say how long index.idx is, then it, then auxiliary.idx.
// Opened, searched by a query of the index's own dimension, and where it has codes of Squire's kind, these are compared
// with vectors, as a deep check does.

#include "index/vector/ivf_builder.h"
#include "index/vector/vector_index.h"
#include "input.h"

namespace {

using namespace squire;

void CompareCodes(const std::shared_ptr<table::FileCache>& files, std::span<const float> vector) {
  const auto reader = vector::IvfReader::Open(files, "/i");
  if (!reader) return;
  const vector::CodeShape& shape = reader->quantizer().shape();
  const std::vector<float> rotated = vector::RotateCenters(reader->quantizer().rotation(), reader->centers());
  for (size_t partition = 0; partition < std::min<size_t>(4, reader->centers().count()); partition++) {
    const auto rows = reader->Read(partition);
    if (!rows) return;
    for (size_t row = 0; row < std::min<size_t>(8, rows->size()); row++)
      (void)reader->quantizer().Agrees(
          vector, reader->centers()[partition], std::span(rotated).subspan(partition * shape.dim, shape.dim),
          rows->signs.data() + row * shape.sign_bytes(), rows->extra.data() + row * shape.extra_bytes(),
          {rows->add[row], rows->scale[row], rows->error[row], rows->add_extra[row], rows->scale_extra[row]}, 1e-7f);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  MemoryFileSystem fs;
  fuzz::Require(fs.CreateFolders("/i").has_value(), "a folder is made");
  const size_t length = input.TakeU16();
  fuzz::PutFile(fs, "/i/index.idx", input.Take(length));
  fuzz::PutFile(fs, "/i/auxiliary.idx", input.Rest());
  const auto files = std::make_shared<table::FileCache>(fs, 4);
  const auto index = vector::VectorIndex::Open(files, "/i");
  if (!index) return 0;
  vector::RowMask rows;
  rows.Add(0, std::vector<uint64_t>(4, ~uint64_t{0}));
  const std::vector<float> query((*index)->dim(), 0.5f);
  CompareCodes(files, query);
  vector::ProbeOptions options;
  options.nprobes = 4;
  const auto found = (*index)->Search(query, options, rows);
  if (!found) return 0;
  for (const simd::Neighbor& near : *found) fuzz::Require(rows.Contains(near.row), "a row that was asked for is found");
  return 0;
}
