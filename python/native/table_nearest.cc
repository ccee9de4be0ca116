// The nearest rows of many vectors at once, and the best ones of a query for words, as buffers: addresses and distances
// or scores.

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <array>
#include <limits>

#include "table_object.h"

namespace squire::python {
namespace {

using Vectors = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T, size_t kDimensions>
using Answers = nb::ndarray<nb::memview, T, nb::ndim<kDimensions>>;

constexpr uint64_t kNoRow = std::numeric_limits<uint64_t>::max();

/// A buffer of that shape, every element `value`; Python frees it.
template <class T, size_t kDimensions>
Answers<T, kDimensions> Filled(const std::array<size_t, kDimensions>& shape, T value) {
  size_t size = 1;
  for (const size_t extent : shape) size *= extent;
  auto values = std::make_unique<std::vector<T>>(size, value);
  T* data = values->data();
  const nb::capsule owner(values.get(), [](void* held) noexcept { delete static_cast<std::vector<T>*>(held); });
  (void)values.release();
  return Answers<T, kDimensions>(data, kDimensions, shape.data(), owner);
}

nb::tuple Nearest(const TableObject& self, const Vectors& vectors, const std::string& column,
                  const std::string& distance_type, const std::string& where, size_t limit, int threads, bool use_index,
                  size_t nprobes, float refine_factor) {
  VectorSearchOptions options;
  options.column = column;
  options.metric = Unwrap(MetricOf(distance_type));
  options.where = where;
  options.threads = threads;
  options.use_index = use_index;
  options.nprobes = nprobes;
  options.refine_factor = refine_factor;
  const auto hits = self.Read([&](const Table& table) {
    options.limit = std::min(limit, static_cast<size_t>(table.CountRows()));
    return table.VectorSearchMany({vectors.data(), vectors.size()}, options);
  });
  if (hits.size() != vectors.shape(0))
    Raise(InvalidArgument("queries of " + std::to_string(vectors.shape(1)) + " dimensions are not as wide as column '" +
                          column + "'"));
  const auto rows = Filled<uint64_t, 2>({hits.size(), options.limit}, kNoRow);
  const auto distances = Filled<float, 2>({hits.size(), options.limit}, std::numeric_limits<float>::infinity());
  for (size_t query = 0; query < hits.size(); query++) {
    for (size_t rank = 0; rank < hits[query].size(); rank++) {
      rows.data()[query * options.limit + rank] = hits[query][rank].row_address;
      distances.data()[query * options.limit + rank] = 0.0F - hits[query][rank].score;  // no negative zero
    }
  }
  return nb::make_tuple(rows, distances);
}

nb::tuple Matches(const TableObject& self, const std::string& words, const std::string& column,
                  const std::string& where, size_t limit, bool all_words, bool use_index) {
  TextSearchOptions options;
  options.text_column = column;
  options.where = where;
  options.limit = limit;
  options.all_words = all_words;
  options.use_index = use_index;
  const auto hits = self.Read([&](const Table& table) { return table.TextSearch(words, options); });
  const auto rows = Filled<uint64_t, 1>({hits.size()}, kNoRow);
  const auto scores = Filled<float, 1>({hits.size()}, 0.0F);
  for (size_t rank = 0; rank < hits.size(); rank++) {
    rows.data()[rank] = hits[rank].row_address;
    scores.data()[rank] = hits[rank].score;
  }
  return nb::make_tuple(rows, scores);
}

}  // namespace

void BindNearest(TableClass& type) {
  type.def("nearest", &Nearest, nb::arg("vectors"), nb::kw_only(), nb::arg("vector_column"), nb::arg("distance_type"),
           nb::arg("where"), nb::arg("limit"), nb::arg("threads"), nb::arg("use_index"), nb::arg("nprobes"),
           nb::arg("refine_factor"))
      .def("matches", &Matches, nb::arg("words"), nb::arg("column"), nb::arg("where"), nb::arg("limit"),
           nb::arg("all_words"), nb::arg("use_index"));
}

}  // namespace squire::python
