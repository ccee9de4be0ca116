#pragma once

/// The encoder of all-MiniLM-L6-v2 as an OpenVINO graph, built from its weights. Pure.

#include <memory>
#include <openvino/core/model.hpp>

#include "embed/safetensors.h"

namespace squire::embed {

struct BertShape {
  size_t hidden = 384;
  size_t layers = 6;
  size_t heads = 12;
  size_t intermediate = 1536;
  size_t vocabulary = 30522;
  size_t positions = 512;
  double epsilon = 1e-12;
};

/// Inputs: 0, float [batch, length, hidden], the sums of word, position and token type embeddings; 1, float
/// [batch, length], 1 for a token and 0 for padding. Output: float [batch, hidden], the mean of the tokens' last
/// states, of unit length. The look-up in the embedding tables stays outside, so that a table's pages are only read as
/// needed. Source: Devlin et al. 2018, Vaswani et al. 2017; pooling as in the model's own card.
Result<std::shared_ptr<ov::Model>> BuildBertGraph(const SafeTensors& weights, const BertShape& shape);

}  // namespace squire::embed
