#include "embed/openvino/bert_graph.h"

#include <cmath>
#include <openvino/opsets/opset13.hpp>

namespace squire::embed {
namespace {

namespace op = ov::opset13;
using Node = ov::Output<ov::Node>;

Node Floats(ov::Shape shape, const std::vector<float>& values) {
  return std::make_shared<op::Constant>(ov::element::f32, std::move(shape), values);
}

Node Scalar(float value) { return Floats({}, {value}); }

Node Integers(const std::vector<int64_t>& values) {
  return std::make_shared<op::Constant>(ov::element::i64, ov::Shape{values.size()}, values);
}

/// Adds one layer after the other; holds what they share.
class Builder {
 public:
  Builder(const SafeTensors& weights, const BertShape& shape) : weights_(weights), shape_(shape) {}

  Result<Node> Linear(Node x, const std::string& name, size_t in, size_t out) {
    const auto weight = TRY(Read(name + ".weight", {out, in}));
    const auto bias = TRY(Read(name + ".bias", {out}));
    const Node product = std::make_shared<op::MatMul>(x, Floats({out, in}, weight), false, true);
    return Node(std::make_shared<op::Add>(product, Floats({1, 1, out}, bias)));
  }

  Result<Node> LayerNorm(Node x, const std::string& name) {
    const size_t hidden = shape_.hidden;
    const auto weight = TRY(Read(name + ".weight", {hidden}));
    const auto bias = TRY(Read(name + ".bias", {hidden}));
    const Node normal = std::make_shared<op::MVN>(x, Integers({-1}), true, static_cast<float>(shape_.epsilon),
                                                  ov::op::MVNEpsMode::INSIDE_SQRT);
    const Node scaled = std::make_shared<op::Multiply>(normal, Floats({1, 1, hidden}, weight));
    return Node(std::make_shared<op::Add>(scaled, Floats({1, 1, hidden}, bias)));
  }

  /// One encoder layer: attention and a feed-forward part, each added to its input and normalised.
  Result<Node> Layer(Node x, Node attention_bias, const std::string& name) {
    const size_t hidden = shape_.hidden;
    const Node attended = TRY(Attention(x, attention_bias, name + "attention.self."));
    const Node projected = TRY(Linear(attended, name + "attention.output.dense", hidden, hidden));
    x = TRY(LayerNorm(std::make_shared<op::Add>(projected, x), name + "attention.output.LayerNorm"));
    const Node wide = TRY(Linear(x, name + "intermediate.dense", hidden, shape_.intermediate));
    const Node active = std::make_shared<op::Gelu>(wide, ov::op::GeluApproximationMode::ERF);
    const Node narrow = TRY(Linear(active, name + "output.dense", shape_.intermediate, hidden));
    return LayerNorm(std::make_shared<op::Add>(narrow, x), name + "output.LayerNorm");
  }

 private:
  Result<std::vector<float>> Read(const std::string& name, std::vector<size_t> shape) {
    return weights_.Read(name, shape);
  }

  Result<Node> Heads(Node x, const std::string& name) {
    const auto heads = static_cast<int64_t>(shape_.heads);
    const auto width = static_cast<int64_t>(shape_.hidden / shape_.heads);
    const Node linear = TRY(Linear(x, name, shape_.hidden, shape_.hidden));
    const Node parted = std::make_shared<op::Reshape>(linear, Integers({0, 0, heads, width}), true);
    return Node(std::make_shared<op::Transpose>(parted, Integers({0, 2, 1, 3})));
  }

  Result<Node> Attention(Node x, Node attention_bias, const std::string& name) {
    const Node query = TRY(Heads(x, name + "query"));
    const Node key = TRY(Heads(x, name + "key"));
    const Node value = TRY(Heads(x, name + "value"));
    const Node context = std::make_shared<op::ScaledDotProductAttention>(query, key, value, attention_bias, false);
    const Node merged = std::make_shared<op::Transpose>(context, Integers({0, 2, 1, 3}));
    return Node(std::make_shared<op::Reshape>(merged, Integers({0, 0, static_cast<int64_t>(shape_.hidden)}), true));
  }

  const SafeTensors& weights_;
  const BertShape& shape_;
};

/// The mean over the tokens that are not padding, scaled to unit length.
Node MeanPool(Node states, Node mask) {
  const Node column = std::make_shared<op::Unsqueeze>(mask, Integers({2}));
  const Node kept = std::make_shared<op::Multiply>(states, column);
  const Node sum = std::make_shared<op::ReduceSum>(kept, Integers({1}), false);
  const Node count = std::make_shared<op::ReduceSum>(column, Integers({1}), false);
  const Node mean = std::make_shared<op::Divide>(sum, count);
  return std::make_shared<op::NormalizeL2>(mean, Integers({1}), 1e-12F, ov::op::EpsMode::MAX);
}

}  // namespace

Result<std::shared_ptr<ov::Model>> BuildBertGraph(const SafeTensors& weights, const BertShape& shape) {
  const auto hidden = static_cast<int64_t>(shape.hidden);
  auto embedded = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, -1, hidden});
  auto mask = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{-1, -1});
  embedded->set_friendly_name("embedded");
  mask->set_friendly_name("mask");

  // 0 where there is a token, -10,000 where there is none: nothing after the softmax.
  const Node spread = std::make_shared<op::Unsqueeze>(mask, Integers({1, 2}));
  const Node shifted = std::make_shared<op::Subtract>(spread, Scalar(1.0F));
  const Node bias = std::make_shared<op::Multiply>(shifted, Scalar(10000.0F));

  Builder builder(weights, shape);
  Node x = TRY(builder.LayerNorm(embedded, "embeddings.LayerNorm"));
  for (size_t i = 0; i < shape.layers; ++i) {
    x = TRY(builder.Layer(x, bias, "encoder.layer." + std::to_string(i) + "."));
  }
  return std::make_shared<ov::Model>(ov::OutputVector{MeanPool(x, mask)}, ov::ParameterVector{embedded, mask},
                                     "all-MiniLM-L6-v2");
}

}  // namespace squire::embed
