#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "embed/embedder.h"
#include "embed/test_server.h"

namespace squire::embed {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "sk-very-secret";

/// Vectors [length of text, 1, 0], of any length but unit; `change` may spoil the answer.
std::string Answer(const TestRequest& request, const std::function<void(Json&)>& change = {}) {
  const Json asked = Json::parse(request.body);
  Json data = Json::array();
  for (size_t i = 0; i < asked["input"].size(); ++i) {
    const auto length = static_cast<float>(asked["input"][i].get<std::string>().size());
    data.push_back({{"index", i}, {"embedding", {length, 1.0F, 0.0F}}});
  }
  Json answer = {{"data", data}, {"usage", {{"prompt_tokens", 5}}}};
  if (change) change(answer);
  return TestServer::Reply(200, answer.dump());
}

/// An embedder on `server` whose waits are noted, not slept.
class Http : public testing::Test {
 protected:
  Result<std::unique_ptr<Embedder>> Open(const TestServer& server, uint32_t dimension = 3) {
    HttpOptions options;
    options.url = server.url();
    options.model = "m";
    options.dimension = dimension;
    options.key = kKey;
    options.batch_texts = 4;
    options.retry.connect_seconds = 5;
    options.retry.answer_seconds = answer_seconds_;
    options.retry.wait = [this](double seconds, const std::stop_token& stop) {
      waits_.push_back(seconds);
      if (on_wait_) on_wait_();
      return !stop.stop_requested();
    };
    return OpenHttp(options);
  }

  /// Embeds `texts` and gives the vectors.
  Result<std::vector<float>> Embed(const TestServer& server, const std::vector<std::string_view>& texts) {
    auto embedder = TRY(Open(server));
    std::vector<float> out(texts.size() * 3);
    TRY(embedder->Embed(texts, out, &stats_, source_.get_token()));
    return out;
  }

  Error Failure(const std::function<std::string(const TestRequest&)>& answer) {
    const TestServer server(answer);
    auto done = Embed(server, {"a", "bb"});
    EXPECT_FALSE(done);
    EXPECT_THAT(done ? "" : done.error().ToString(), Not(HasSubstr(kKey)));
    return done ? Error() : done.error();
  }

  std::vector<double> waits_;
  std::function<void()> on_wait_;
  double answer_seconds_ = 20;
  EmbedStats stats_;
  std::stop_source source_;
};

TEST_F(Http, BatchesOverOneConnectionAndNormalises) {
  std::vector<std::string> heads;
  const TestServer server([&](const TestRequest& request) {
    heads.push_back(request.head);
    EXPECT_LE(Json::parse(request.body)["input"].size(), 4u);
    EXPECT_EQ(Json::parse(request.body)["encoding_format"], "base64");
    return Answer(request);
  });
  const auto out = Embed(server, {"", "bb", "ccc", "dddd", "eeeee", "f", "g", "h", "i"});
  ASSERT_TRUE(out) << out.error().ToString();
  EXPECT_EQ(server.requests(), 3);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_THAT(heads[0], HasSubstr("POST /v1/embeddings "));
  EXPECT_THAT(heads[0], HasSubstr(std::string("Authorization: Bearer ") + kKey));
  EXPECT_NEAR((*out)[0], std::sqrt(0.5), 1e-6) << "an empty text goes as a space";
  EXPECT_NEAR((*out)[4 * 3] / (*out)[4 * 3 + 1], 5, 1e-5);
  EXPECT_NEAR(std::hypot((*out)[12], (*out)[13]), 1, 1e-6);
  EXPECT_EQ(stats_.texts, 9u);
  EXPECT_EQ(stats_.tokens, 15u);
  EXPECT_EQ(stats_.batches, 3u);
}

TEST_F(Http, TakesBase64AndAnyOrder) {
  const TestServer server([&](const TestRequest& request) {
    return Answer(request, [](Json& answer) {
      answer["data"][0]["embedding"] = "AAAAQAAAAAAAAAAA";  // 2, 0, 0
      std::swap(answer["data"][0], answer["data"][1]);
    });
  });
  const auto out = Embed(server, {"x", "y"});
  ASSERT_TRUE(out) << out.error().ToString();
  EXPECT_EQ(std::vector<float>(out->begin(), out->begin() + 3), (std::vector<float>{1, 0, 0}));
  EXPECT_NEAR((*out)[3], std::sqrt(0.5), 1e-6);
}

TEST_F(Http, FallsBackToPlainNumbers) {
  const TestServer server([&](const TestRequest& request) {
    const bool odd = Json::parse(request.body).contains("encoding_format");
    return odd ? TestServer::Reply(400, R"({"error":"unknown field encoding_format"})") : Answer(request);
  });
  ASSERT_TRUE(Embed(server, {"a", "b", "c", "d", "e"}));
  EXPECT_EQ(server.requests(), 3) << "asked once only";
}

TEST_F(Http, AsksForTheDimension) {
  const TestServer server([](const TestRequest& request) { return Answer(request); });
  const auto embedder = Open(server, 0);
  ASSERT_TRUE(embedder);
  EXPECT_EQ((*embedder)->model().dimension, 3u);
  EXPECT_EQ((*embedder)->model().fingerprint, "endpoint/m/3");
}

TEST_F(Http, RetriesWithGrowingWaits) {
  const TestServer server([](const TestRequest& request) {
    switch (request.number) {
      case 0: return TestServer::Reply(500, "oops");
      case 1: return TestServer::Reply(429, "{}", "Retry-After: 7\r\n");
      case 2: return std::string("HTTP/1.1 200 X\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{");  // cut short
      default: return Answer(request);
    }
  });
  const auto out = Embed(server, {"a"});
  ASSERT_TRUE(out) << out.error().ToString();
  ASSERT_EQ(waits_.size(), 3u);
  EXPECT_GE(waits_[0], 0.25);
  EXPECT_LE(waits_[0], 0.5);
  EXPECT_EQ(waits_[1], 7);
  EXPECT_GE(waits_[2], 1);
  EXPECT_LE(waits_[2], 2);
  EXPECT_EQ(stats_.retries, 3u);
}

TEST_F(Http, GivesUpInTheEnd) {
  const Error busy = Failure([](const TestRequest&) { return TestServer::Reply(503, "busy"); });
  EXPECT_EQ(busy.code, Code::kIo);
  EXPECT_TRUE(busy.retryable);
  EXPECT_EQ(waits_.size(), 5u);
  waits_.clear();
  const Error later = Failure([](const TestRequest&) { return TestServer::Reply(429, "", "Retry-After: 3600\r\n"); });
  EXPECT_THAT(later.message, HasSubstr("3600 s"));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(Http, RefusalsAreNotRepeated) {
  const Error key = Failure(
      [](const TestRequest&) { return TestServer::Reply(401, std::string(R"({"error":"bad key )") + kKey + "\"}"); });
  EXPECT_EQ(key.code, Code::kInvalidArgument);
  EXPECT_THAT(key.message, HasSubstr("SQUIRE_API_KEY"));
  EXPECT_THAT(Failure([](const TestRequest&) { return TestServer::Reply(404, "no"); }).message, HasSubstr("\"m\""));
  EXPECT_THAT(Failure([](const TestRequest&) {
                return TestServer::Reply(302, "", "Location: http://127.0.0.1:1/\r\n");
              }).message,
              HasSubstr("redirect"));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(Http, WrongAnswersAreNamed) {
  const auto spoiled = [&](const std::function<void(Json&)>& change) {
    return Failure([&](const TestRequest& request) { return Answer(request, change); }).message;
  };
  EXPECT_THAT(spoiled([](Json& a) { a["data"].erase(1); }), HasSubstr("1 vectors for 2 texts"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["index"] = 0; }), HasSubstr("two vectors of index 0"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["index"] = 2; }), HasSubstr("out of range"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["index"] = -1; }), HasSubstr("out of range"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = {1, 2}; }), HasSubstr("2 dimensions, not 3"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = {1, nullptr, 2}; }), HasSubstr("no number"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = {0, 0, 0}; }), HasSubstr("zeros"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = "AADAfwAAAAAAAAAA"; }), HasSubstr("NaN"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = "AA*A"; }), HasSubstr("base64"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = "AAAA"; }), HasSubstr("whole floats"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1]["embedding"] = 1e300; }), HasSubstr("neither"));
  EXPECT_THAT(spoiled([](Json& a) { a["data"][1] = Json::array(); }), HasSubstr("without an embedding"));
  EXPECT_THAT(spoiled([](Json& a) { a = {{"error", "x"}}; }), HasSubstr("data"));
  const auto raw = [&](const std::string& body) {
    return Failure([&](const TestRequest&) { return TestServer::Reply(200, body); }).message;
  };
  EXPECT_THAT(raw("<!doctype html><html>"), HasSubstr("HTML"));
  EXPECT_THAT(raw("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(raw(std::string(200000, '[')), HasSubstr("JSON object"));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(Http, BoundsTheAnswer) {
  const Error error = Failure([](const TestRequest&) { return TestServer::Reply(200, std::string(3 << 20, ' ')); });
  EXPECT_EQ(error.code, Code::kOverBudget);
}

TEST_F(Http, TimesOutAndRetries) {
  answer_seconds_ = 0.1;
  const TestServer server(
      [](const TestRequest& request) { return request.number == 0 ? std::string("hang") : Answer(request); });
  const auto out = Embed(server, {"a"});
  ASSERT_TRUE(out) << out.error().ToString();
  EXPECT_EQ(waits_.size(), 1u);
}

TEST_F(Http, StopsBetweenAndWithinRequests) {
  {
    const TestServer server([](const TestRequest&) { return TestServer::Reply(500, ""); });
    on_wait_ = [this] { source_.request_stop(); };
    EXPECT_EQ(Embed(server, {"a"}).error().code, Code::kCancelled);
    EXPECT_EQ(server.requests(), 1);
  }
  source_ = std::stop_source();
  const TestServer server([this](const TestRequest&) {
    source_.request_stop();
    return std::string("hang");
  });
  EXPECT_EQ(Embed(server, {"a"}).error().code, Code::kCancelled);
}

TEST_F(Http, NobodyListens) {
  std::optional<TestServer> server(std::in_place, [](const TestRequest&) { return std::string(); });
  HttpOptions options;
  options.url = server->url();
  options.model = "m";
  options.retry.wait = [](double, const std::stop_token&) { return true; };
  server.reset();
  const auto opened = OpenHttp(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kIo);
  EXPECT_TRUE(opened.error().retryable);
}

TEST(OpenHttp, ReadsTheUrl) {
  std::string path;
  const TestServer server([&](const TestRequest& request) {
    path = request.head.substr(0, request.head.find(" HTTP"));
    return Answer(request);
  });
  for (const char* suffix : {"", "/", "/v1", "/v1/", "/v1/embeddings"}) {
    EXPECT_TRUE(OpenHttp({.url = server.url() + suffix, .model = "m"}));
    EXPECT_EQ(path, "POST /v1/embeddings") << suffix;
  }
  EXPECT_TRUE(OpenHttp({.url = server.url() + "/proxy/v1", .model = "m"}));
  EXPECT_EQ(path, "POST /proxy/v1/embeddings");
  for (const char* url : {"", "localhost", "http://", "file:///etc/passwd", "http://user:word@localhost", "http://a b",
                          "http://localhost/?key=1"}) {
    EXPECT_EQ(OpenHttp({.url = url, .model = "m", .dimension = 3}).error().code, Code::kInvalidArgument) << url;
  }
  EXPECT_FALSE(OpenHttp({.url = server.url()}));
  EXPECT_FALSE(OpenHttp({.url = server.url(), .model = "m", .key = "a\r\nX: y"}));
}

TEST(OpenHttp, TakesTheKeyFromTheEnvironment) {
  std::string head;
  const TestServer server([&](const TestRequest& request) {
    head = request.head;
    return Answer(request);
  });
  ::unsetenv("SQUIRE_API_KEY");
  ::setenv("OPENAI_API_KEY", "of-openai", 1);
  EXPECT_TRUE(OpenHttp({.url = server.url(), .model = "m"}));
  EXPECT_THAT(head, HasSubstr("Bearer of-openai"));
  ::setenv("SQUIRE_API_KEY", "of-squire", 1);
  EXPECT_TRUE(OpenHttp({.url = server.url(), .model = "m"}));
  EXPECT_THAT(head, HasSubstr("Bearer of-squire"));
  ::unsetenv("SQUIRE_API_KEY");
  ::unsetenv("OPENAI_API_KEY");
  EXPECT_TRUE(OpenHttp({.url = server.url(), .model = "m"}));
  EXPECT_THAT(head, Not(HasSubstr("Authorization")));
}

}  // namespace
}  // namespace squire::embed
