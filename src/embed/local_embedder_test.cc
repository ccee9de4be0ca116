// The local model as built into lib/ and share/ beside bin/.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "embed/embedder.h"
#include "embed/half.h"
#include "embed/model_files.h"

namespace squire::embed {
namespace {

namespace fs = std::filesystem;

float Dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Embedder& Shared() {
  static const std::unique_ptr<Embedder> embedder = [] {
    auto opened = OpenLocal();
    EXPECT_TRUE(opened) << opened.error().ToString();
    return opened ? std::move(opened).take() : nullptr;
  }();
  return *embedder;
}

// The golden vectors are ONNX Runtime's, from the same weights in float32.
TEST(LocalEmbedder, GoldenVectors) {
  std::ifstream golden(SQUIRE_EMBED_TESTDATA "/vectors.jsonl");
  std::string line;
  std::vector<std::string> texts;
  std::vector<std::vector<float>> want;
  uint64_t tokens = 0;
  while (std::getline(golden, line)) {
    const auto entry = nlohmann::json::parse(line);
    texts.push_back(entry["text"]);
    want.push_back(entry["vector"].get<std::vector<float>>());
    tokens += entry["tokens"].get<uint64_t>();
  }
  ASSERT_GE(texts.size(), 5u);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> out(texts.size() * 384);
  EmbedStats stats;
  ASSERT_TRUE(Shared().Embed(views, out, &stats));
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::span vector = std::span(out).subspan(i * 384, 384);
    EXPECT_NEAR(Dot(vector, vector), 1, 1e-4);
    EXPECT_GE(Dot(vector, want[i]), 0.9995) << texts[i].substr(0, 80);
  }
  EXPECT_EQ(stats.texts, texts.size());
  EXPECT_EQ(stats.tokens, tokens);
  EXPECT_GE(stats.padded_tokens, tokens);
  EXPECT_EQ(stats.truncated, 1u);
}

TEST(LocalEmbedder, ManyTextsAreWrittenInOrder) {
  std::vector<std::string> texts;
  for (int i = 0; i < 150; ++i) texts.push_back("text " + std::to_string(i) + std::string(i % 40, '.'));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> out(texts.size() * 384);
  ASSERT_TRUE(Shared().Embed(views, out));
  std::vector<float> one(384);
  for (const size_t i : {0, 7, 64, 149}) {
    ASSERT_TRUE(Shared().Embed(std::span(views).subspan(i, 1), one));
    EXPECT_GE(Dot(one, std::span(out).subspan(i * 384, 384)), 0.9995) << i;
  }
}

TEST(LocalEmbedder, RefusesAWrongOutputAndStops) {
  const std::vector<std::string_view> views = {"a", "b"};
  std::vector<float> out(384);
  EXPECT_EQ(Shared().Embed(views, out).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(Shared().Embed({}, {}));
  std::stop_source source;
  source.request_stop();
  out.resize(2 * 384);
  EXPECT_EQ(Shared().Embed(views, out, nullptr, source.get_token()).error().code, Code::kCancelled);
}

TEST(LocalEmbedder, TellsItsModel) {
  const ModelInfo& model = Shared().model();
  EXPECT_EQ(model.dimension, 384u);
  EXPECT_EQ(model.max_tokens, 256u);
  EXPECT_EQ(model.fingerprint, "all-MiniLM-L6-v2/53aa51172d142c89/256/wordpiece1/float");
}

TEST(LocalEmbedder, SaysWhatIsMissing) {
  LocalOptions options;
  options.model_dir = "/nonexistent";
  EXPECT_EQ(OpenLocal(options).error().code, Code::kNotFound);
  options.model_dir.clear();
  options.library_dir = "/nonexistent";
  const auto failed = OpenLocal(options);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kNotFound);
  EXPECT_NE(failed.error().message.find("SQUIRE_LIB_DIR"), std::string::npos);
}

TEST(LocalEmbedder, RefusesABrokenModel) {
  std::string pattern = (fs::temp_directory_path() / "squire-model-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const fs::path folder = pattern;
  const fs::path source = BesideExecutable("share/squire/model");
  for (const char* name : {"model.json", "vocab.txt", "tables.bin", "model.xml", "model.bin"}) {
    fs::create_symlink(source / name, folder / name);
  }
  LocalOptions options;
  options.model_dir = folder;
  options.use_cache = false;
  const auto with = [&](const char* name, const std::string& bytes) {
    fs::remove(folder / name);
    std::ofstream(folder / name, std::ios::binary) << bytes;
    auto opened = OpenLocal(options);
    fs::remove(folder / name);
    fs::create_symlink(source / name, folder / name);
    return opened ? Code::kInternal : opened.error().code;
  };
  EXPECT_EQ(with("model.json", "{"), Code::kCorruption);
  EXPECT_EQ(with("model.json", R"({"name":"x","dimension":-1})"), Code::kCorruption);
  EXPECT_EQ(with("tables.bin", "short"), Code::kCorruption);
  EXPECT_EQ(with("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n[PAD]\n"), Code::kCorruption);
  EXPECT_TRUE(OpenLocal(options));
  fs::remove_all(folder);
}

TEST(Half, EveryHalfComesBack) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    if ((half & 0x7C00) == 0x7C00) continue;  // infinities and NaN
    EXPECT_EQ(FloatToHalf(HalfToFloat(static_cast<uint16_t>(half))), half);
  }
  EXPECT_EQ(HalfToFloat(0x3C00), 1.0F);
  EXPECT_EQ(HalfToFloat(0x0001), 0x1p-24F);
  EXPECT_EQ(FloatToHalf(1.0F + 0x1p-11F), 0x3C00) << "halfway goes to the even one";
  EXPECT_EQ(FloatToHalf(1.0F + 0x1.8p-10F), 0x3C02);
}

}  // namespace
}  // namespace squire::embed
