#include "index/vector/write_index.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "index/coverage.h"
#include "index/vector/ivf_builder.h"
#include "index/vector/vectors.h"
#include "lance/parse_message.h"
#include "lance/proto/vector_index.pb.h"

namespace squire::vector {
namespace {

constexpr int64_t kRangeRows = 4096;
constexpr int64_t kSampleRangeRows = 64;
constexpr size_t kSampledPerPartition = 64;
constexpr uint64_t kRowsPerPartition = 120;
constexpr uint64_t kManyRows = 61'440;  // from here on partitions grow with the root of the rows
constexpr uint64_t kGrowth = 4;         // an index of so many times the rows it was made for is made anew
constexpr double kFarther = 1.5;        // mean squares of differences from centers: then new rows get their own
constexpr size_t kTrialRows = 4096;
constexpr uint64_t kRotationSeed = 0x5371756972650001;
constexpr int kIndexVersion = 2;  // of IVF_RQ

pb::VectorMetric MetricMessage(simd::Metric metric) {
  switch (metric) {
    case simd::Metric::kL2: return pb::L2;
    case simd::Metric::kCosine: return pb::COSINE;
    case simd::Metric::kDot: return pb::DOT;
  }
  return pb::L2;
}

Result<simd::Metric> MetricFrom(const pb::VectorIndexDetails& details, const pb::IndexMetadata& index) {
  for (const simd::Metric metric : {simd::Metric::kL2, simd::Metric::kCosine, simd::Metric::kDot})
    if (MetricMessage(metric) == details.metric_type()) return metric;
  return Unsupported("index '" + index.name() + "' of another distance");
}

Result<pb::VectorIndexDetails> DetailsOf(const pb::IndexMetadata& index) {
  pb::VectorIndexDetails details;
  if (!lance::ParseMessage(AsBytes(index.index_details().value()), details))
    return Corruption("the details of index '" + index.name() + "' do not parse");
  return details;
}

/// One index in the making, in a folder of its own that is removed unless it is kept.
class Writer {
 public:
  Writer(const table::Snapshot& snapshot, std::string uuid, table::Projection column, const WriteIndexOptions& options)
      : snapshot_(snapshot),
        fs_(snapshot.files()->fs()),
        column_(std::move(column)),
        options_(options),
        uuid_(std::move(uuid)),
        folder_(snapshot.paths().Index(uuid_)),
        dim_(static_cast<size_t>(column_.schema.fields[0].type.width)) {}
  ~Writer() {
    if (!keep_) (void)fs_.RemoveAll(folder_);
  }

  Result<pb::IndexMetadata> Write(const std::string& name, const pb::IndexMetadata* previous) {
    TRY(fs_.CreateFolders(folder_));
    if (previous != nullptr) TRY(OpenPrevious(*previous));
    if (!previous_) TRY(Train());
    IvfBuilder builder(snapshot_.files(), folder_, *quantizer_, std::move(centers_), options_.memory_bytes_max / 2,
                       options_.threads);
    if (previous_) builder.TakeOver(*previous_, [this](uint64_t address) { return IsLive(address); });
    TRY(AddRows(builder));
    const auto files = TRY(builder.Finish());
    keep_ = true;
    pb::IndexMetadata out = index::DescribeIndex(snapshot_, uuid_, column_.field_ids[0], name, files);
    pb::VectorIndexDetails details;
    details.set_metric_type(MetricMessage(quantizer_->metric()));
    details.mutable_rq()->set_num_bits(quantizer_->shape().bits);
    out.mutable_index_details()->set_type_url(kVectorDetailsUrl);
    out.mutable_index_details()->set_value(details.SerializeAsString());
    out.set_index_version(kIndexVersion);
    return out;
  }

 private:
  /// Takes over what is kept of an index, unless it is to be made anew.
  Result<void> OpenPrevious(const pb::IndexMetadata& previous) {
    const std::string folder = snapshot_.paths().Index(table::UuidText(previous.uuid()));
    auto opened = IvfReader::Open(snapshot_.files(), folder);
    if (!opened) return std::move(opened.error());
    options_.metric = opened->quantizer().metric();
    options_.bits = opened->quantizer().shape().bits;
    if (opened->centers().dim != dim_) return Corruption("an index of another dimension than its column", folder);
    const auto rows = static_cast<uint64_t>(snapshot_.num_rows());
    if (PartitionsFor(rows) > kGrowth * opened->centers().count()) return {};
    for (const uint64_t id : TRY(index::CoveredFragments(snapshot_, previous))) {
      table::Fragment* fragment = snapshot_.FindFragment(id);
      if (fragment != nullptr) covered_[id] = TRY(fragment->Deleted());
    }
    quantizer_ = opened->quantizer();
    centers_ = opened->centers();
    previous_ = *std::move(opened);
    return AddCenters();
  }

  /// Where the new rows lie much nearer to centers of their own than to those that are there - somewhere else, or all
  /// in one place - they get such: the codes of both are as exact as those of an index made anew.
  Result<void> AddCenters() {
    const std::vector<float> trial = TRY(Sample(kTrialRows));
    const size_t rows = trial.size() / dim_;
    if (rows < kRowsPerPartition) return {};
    const Centers own = TRY(Centered(trial, rows / kRowsPerPartition));
    if (TRY(MeanSquare(trial, centers_)) <= kFarther * TRY(MeanSquare(trial, own))) return {};
    const size_t more = PartitionsFor(NewRows());
    if (centers_.count() + more > kGrowth * PartitionsFor(static_cast<uint64_t>(snapshot_.num_rows()))) {
      previous_.reset();  // rows come from ever new places: all are looked at again
      covered_.clear();
      return {};
    }
    const Centers added = TRY(Centered(TRY(Sample(kSampledPerPartition * more)), more));
    centers_.values.insert(centers_.values.end(), added.values.begin(), added.values.end());
    centers_.Measure();
    return {};
  }

  /// Of what rows differ from the centers nearest to them.
  Result<double> MeanSquare(std::span<const float> rows, const Centers& centers) {
    std::vector<uint32_t> nearest(rows.size() / dim_);
    TRY(AssignRows(rows, centers, options_.threads, nearest));
    double square = 0;
    for (size_t i = 0; i < rows.size(); i++) {
      const double difference = static_cast<double>(rows[i]) - centers[nearest[i / dim_]][i % dim_];
      square += difference * difference;
    }
    return square / static_cast<double>(std::max<size_t>(1, nearest.size()));
  }

  [[nodiscard]] uint64_t NewRows() const {
    uint64_t rows = 0;
    for (size_t i = 0; i < snapshot_.num_fragments(); i++)
      if (!covered_.contains(snapshot_.fragment(i).id()))
        rows += static_cast<uint64_t>(snapshot_.fragment(i).live_rows());
    return rows;
  }

  Result<Centers> Centered(std::vector<float> sample, size_t count) {
    const Origin origin = Origin::Of(sample, dim_, options_.metric);
    origin.Move(sample);
    KMeansOptions how;
    how.count = count;
    how.threads = options_.threads;
    Centers out = TRY(TrainCenters(sample, dim_, how));
    origin.MoveBack(out.values);
    out.Measure();
    return out;
  }

  Result<void> Train() {
    quantizer_.emplace(CodeShape{dim_, options_.bits}, options_.metric, Rotation::Random(dim_, kRotationSeed));
    const auto rows = static_cast<uint64_t>(snapshot_.num_rows());
    const size_t partitions = options_.partitions > 0 ? options_.partitions : PartitionsFor(rows);
    centers_ = TRY(Centered(TRY(Sample(kSampledPerPartition * partitions)), partitions));
    if (centers_.count() > 0) return {};
    centers_.values.assign(dim_, 0.0f);  // no row yet, or none that can be in an index
    centers_.Measure();
    return {};
  }

  /// About `wanted` of the rows that the previous index does not have, from all over the table.
  Result<std::vector<float>> Sample(size_t wanted) {
    const size_t row_bytes = dim_ * sizeof(float);
    wanted = std::min(wanted, std::max<size_t>(1, options_.memory_bytes_max * 2 / 3 / row_bytes));
    const uint64_t rows = NewRows();
    const double share = rows == 0 ? 1.0 : std::min(1.0, static_cast<double>(wanted) / static_cast<double>(rows));
    std::vector<float> sample;
    sample.reserve(std::min<size_t>(wanted, rows) * dim_);
    double due = 0;
    for (const table::RowRange& range : table::PlanRanges(snapshot_, kSampleRangeRows)) {
      if (covered_.contains(snapshot_.fragment(range.fragment).id())) continue;
      due += share;
      if (due < 1.0 && share < 1.0) continue;
      due -= 1.0;
      VectorRows read = TRY(ReadVectors(snapshot_, column_, range));
      quantizer_->PrepareRows(read.values, read.addresses);
      const size_t room = wanted * dim_ - std::min(sample.size(), wanted * dim_);
      const auto some = std::span(read.values).first(std::min(room, read.values.size()));
      sample.insert(sample.end(), some.begin(), some.end());
    }
    return sample;
  }

  /// Rows of the fragments that the previous index does not cover.
  Result<void> AddRows(IvfBuilder& builder) {
    for (const table::RowRange& range : table::PlanRanges(snapshot_, kRangeRows)) {
      if (covered_.contains(snapshot_.fragment(range.fragment).id())) continue;
      VectorRows read = TRY(ReadVectors(snapshot_, column_, range));
      quantizer_->PrepareRows(read.values, read.addresses);
      TRY(builder.Add(read.values, read.addresses));
    }
    return {};
  }

  [[nodiscard]] bool IsLive(uint64_t address) const {
    const auto fragment = covered_.find(address >> 32);
    const uint64_t offset = address & 0xffffffff;
    return fragment != covered_.end() && offset < fragment->second->num_rows() && !fragment->second->Contains(offset);
  }

  const table::Snapshot& snapshot_;
  FileSystem& fs_;
  table::Projection column_;
  WriteIndexOptions options_;
  std::string uuid_;
  std::string folder_;
  size_t dim_;
  std::optional<Quantizer> quantizer_;
  Centers centers_;
  std::optional<IvfReader> previous_;
  std::unordered_map<uint64_t, const lance::RowSet*> covered_;  // by the previous index; with what is deleted
  bool keep_ = false;
};

}  // namespace

bool CanIndexVectors(const DataType& type) {
  return IsVectorType(type) && type.width % 8 == 0 && static_cast<size_t>(type.width) <= kCodeDimMax;
}

size_t PartitionsFor(uint64_t rows) {
  if (rows <= kManyRows) return std::max<uint64_t>(1, rows / kRowsPerPartition);
  const double most = static_cast<double>(kManyRows) / kRowsPerPartition;
  const double wanted = most * std::sqrt(static_cast<double>(rows) / static_cast<double>(kManyRows));
  return std::min(static_cast<size_t>(wanted), kPartitionsMax);
}

Result<pb::IndexMetadata> WriteVectorIndex(const table::Snapshot& snapshot, const std::string& column,
                                           const std::string& name, const WriteIndexOptions& options,
                                           const pb::IndexMetadata* previous) {
  table::Projection projection = TRY(table::Project(snapshot, std::vector{column}));
  const DataType& type = projection.schema.fields[0].type;
  if (!CanIndexVectors(type))
    return Unsupported("a column of type " + type.ToString() +
                       " cannot have a vector index: it wants float vectors of a multiple of 8 dimensions");
  if (options.bits < 1 || options.bits > kCodeBitsMax || options.partitions > kPartitionsMax)
    return InvalidArgument("a vector index has 1 to 9 bits a dimension and at most 2^20 partitions");
  if (snapshot.manifest().reader_feature_flags() & lance::kFlagStableRowIds)
    return Unsupported("a table with stable row ids gets no vector index", snapshot.paths().root);
  std::string uuid = TRY(snapshot.NewNames()).Uuid();
  return Writer(snapshot, std::move(uuid), std::move(projection), options).Write(name, previous);
}

Result<WriteIndexOptions> OptionsLike(const table::Snapshot& snapshot, const pb::IndexMetadata& index) {
  const pb::VectorIndexDetails details = TRY(DetailsOf(index));
  WriteIndexOptions out;
  out.metric = TRY(MetricFrom(details, index));
  if (details.has_rq() && details.rq().num_bits() >= 1 && details.rq().num_bits() <= kCodeBitsMax)
    out.bits = details.rq().num_bits();
  const auto centers = ReadCenters(*snapshot.files(), snapshot.paths().Index(table::UuidText(index.uuid())));
  if (centers)
    out.partitions = centers->count();
  else if (centers.error().code == Code::kIo || centers.error().code == Code::kTooManyFiles)
    return centers.error();  // they may be there after all
  return out;
}

bool IsOwnKind(const pb::IndexMetadata& index) {
  const auto details = DetailsOf(index);
  return details && details->has_rq() && !details->has_hnsw_index_config();
}

Result<simd::Metric> MetricOfIndex(const pb::IndexMetadata& index) {
  const pb::VectorIndexDetails details = TRY(DetailsOf(index));
  if (details.compression_case() == pb::VectorIndexDetails::COMPRESSION_NOT_SET)
    return Unsupported("index '" + index.name() + "' of an older form");
  return MetricFrom(details, index);
}

std::string KindOfVectorIndex(const pb::IndexMetadata& index) {
  const auto details = DetailsOf(index);
  if (!details) return "VECTOR";
  const std::string graph = details->has_hnsw_index_config() ? "HNSW_" : "";
  switch (details->compression_case()) {
    case pb::VectorIndexDetails::kPq: return "IVF_" + graph + "PQ";
    case pb::VectorIndexDetails::kSq: return "IVF_" + graph + "SQ";
    case pb::VectorIndexDetails::kRq: return "IVF_" + graph + "RQ";
    case pb::VectorIndexDetails::kFlat: return "IVF_" + graph + "FLAT";
    default: return "VECTOR";
  }
}

}  // namespace squire::vector
