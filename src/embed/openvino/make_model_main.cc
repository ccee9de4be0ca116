/// make_model SOURCE TARGET SHA256: turns the pinned weights into the files that the local embedder reads:
/// model.xml and model.bin (the encoder), tables.bin (word and position embeddings), vocab.txt, model.json.
/// Run once, by the build. SHA256 is that of model.safetensors, checked before; it goes into model.json.
/// make_model prepare LIB TARGET: opens the model once, so that what is prepared for this machine lies beside it.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <openvino/openvino.hpp>

#include "embed/embedder.h"
#include "embed/half.h"
#include "embed/model_files.h"
#include "embed/openvino/bert_graph.h"
#include "embed/wordpiece.h"

namespace squire::embed {
namespace {

namespace fs = std::filesystem;

Result<std::string> Slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string out((std::istreambuf_iterator<char>(file)), {});
  if (!file) return FromErrno(errno, "cannot read the model's source", path.string());
  return out;
}

Result<void> Write(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return FromErrno(errno, "cannot write", path.string());
  return {};
}

/// Words as halves, then positions (each with the one token type added) as floats.
Result<std::string> MakeTables(const SafeTensors& weights, const BertShape& shape) {
  const std::vector<size_t> word_shape = {shape.vocabulary, shape.hidden};
  const std::vector<size_t> position_shape = {shape.positions, shape.hidden};
  const std::vector<size_t> type_shape = {2, shape.hidden};
  const auto words = TRY(weights.Read("embeddings.word_embeddings.weight", word_shape));
  const auto positions = TRY(weights.Read("embeddings.position_embeddings.weight", position_shape));
  const auto types = TRY(weights.Read("embeddings.token_type_embeddings.weight", type_shape));
  std::string out;
  for (const float value : words) Put(out, FloatToHalf(value));
  for (size_t i = 0; i < kMaxTokens * shape.hidden; ++i) Put(out, positions[i] + types[i % shape.hidden]);
  return out;
}

Result<void> Make(const fs::path& source, const fs::path& target, const std::string& sha256) {
  const BertShape shape;
  const std::string file = TRY(Slurp(source / "model.safetensors"));
  const std::string vocabulary = TRY(Slurp(source / "vocab.txt"));
  const auto pieces = TRY(WordPiece::Parse(vocabulary));
  if (pieces.size() != shape.vocabulary) return Corruption("vocab.txt has another length than the word embeddings");
  const auto weights = TRY(SafeTensors::Parse(AsBytes(file)));
  const auto graph = TRY(BuildBertGraph(weights, shape));
  fs::create_directories(target);
  ov::save_model(graph, target / "model.xml", /*compress_to_fp16=*/false);
  TRY(Write(target / "tables.bin", TRY(MakeTables(weights, shape))));
  TRY(Write(target / "vocab.txt", vocabulary));
  const nlohmann::ordered_json description = {{"name", "all-MiniLM-L6-v2"},
                                              {"weights_sha256", sha256},
                                              {"dimension", shape.hidden},
                                              {"vocabulary", shape.vocabulary},
                                              {"max_tokens", kMaxTokens}};
  return Write(target / "model.json", description.dump(2) + "\n");
}

Result<void> Prepare(const fs::path& library_dir, const fs::path& target) {
  LocalOptions options;
  options.library_dir = library_dir;
  options.model_dir = target;
  TRY(OpenLocal(options));
  return {};
}

}  // namespace
}  // namespace squire::embed

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: make_model SOURCE TARGET SHA256 | prepare LIB TARGET\n");
    return 2;
  }
  try {
    const bool prepare = std::string_view(argv[1]) == "prepare";
    const auto made =
        prepare ? squire::embed::Prepare(argv[2], argv[3]) : squire::embed::Make(argv[1], argv[2], argv[3]);
    if (made) return 0;
    std::fprintf(stderr, "make_model: %s\n", made.error().ToString().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_model: %s\n", error.what());
  }
  return 1;
}
