#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "serve/rpc/dispatcher.h"

namespace squire::serve {
namespace {

struct Fixture : testing::Test {
  std::vector<Json> sent;
  std::shared_ptr<RpcCall> kept;
  Dispatcher dispatcher{[this](std::string_view text) { sent.push_back(Json::parse(text)); }};

  Fixture() {
    dispatcher.On("echo", [](const auto& call) { call->Reply(call->params()); });
    dispatcher.On("later", [this](const auto& call) { kept = call; });
    dispatcher.On("drop", [](const auto&) {});
    dispatcher.On("throw", [](const auto&) { throw std::runtime_error("no"); });
  }
  int CodeOf(std::string_view text) {
    sent.clear();
    dispatcher.Receive(text);
    return sent.size() == 1 && sent[0].contains("error") ? sent[0]["error"]["code"].get<int>() : 0;
  }
};

using Rpc = Fixture;

TEST_F(Rpc, AnswersWithTheRequestsId) {
  dispatcher.Receive(R"({"jsonrpc":"2.0","id":"a","method":"echo","params":{"x":[1]}})");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0], Json::parse(R"({"jsonrpc":"2.0","id":"a","result":{"x":[1]}})"));
  EXPECT_EQ(dispatcher.open(), 0u);
}

TEST_F(Rpc, RefusesWhatIsNoMessage) {
  EXPECT_EQ(CodeOf("{"), kParseError);
  EXPECT_EQ(CodeOf(""), kParseError);
  EXPECT_EQ(CodeOf("\xff\xfe"), kParseError);
  EXPECT_EQ(CodeOf("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"), kParseError);
  EXPECT_EQ(CodeOf(R"({"id":1e999,"jsonrpc":"2.0","method":"echo"})"), kParseError);
  EXPECT_EQ(CodeOf("[]"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"([{"jsonrpc":"2.0","id":1,"method":"echo"}])"), kInvalidRequest);
  EXPECT_EQ(CodeOf("7"), kInvalidRequest);
  EXPECT_EQ(CodeOf("{}"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"1.0","id":1,"method":"echo"})"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":null,"method":"echo"})"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1.5,"method":"echo"})"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":7})"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[1]})"), kInvalidParams);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":"none"})"), kMethodNotFound);
}

TEST_F(Rpc, HoldsItsLimits) {
  EXPECT_EQ(CodeOf(std::string(kMessageBytesMax + 1, ' ')), kInvalidRequest);
  EXPECT_EQ(CodeOf(std::string(1'000'000, '[')), kInvalidRequest);
  const std::string brackets =
      R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":")" + std::string(1000, '[') + "\\\"" + R"("}})";
  EXPECT_EQ(CodeOf(brackets), 0) << "brackets in a string are no nesting";
}

TEST_F(Rpc, NotificationsAndResponsesAreNotAnswered) {
  dispatcher.Receive(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  dispatcher.Receive(R"({"jsonrpc":"2.0","method":"none"})");
  dispatcher.Receive(R"({"jsonrpc":"2.0","id":1,"result":{}})");
  dispatcher.Receive(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":1}}})");
  EXPECT_TRUE(sent.empty());
}

TEST_F(Rpc, ACancelledRequestIsNotAnswered) {
  dispatcher.Receive(R"({"jsonrpc":"2.0","id":7,"method":"later"})");
  EXPECT_EQ(dispatcher.open(), 1u);
  EXPECT_FALSE(kept->stop().stop_requested());
  dispatcher.Receive(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})");
  EXPECT_TRUE(kept->stop().stop_requested());
  kept->Reply(Json::object());
  kept.reset();
  EXPECT_TRUE(sent.empty());
}

TEST_F(Rpc, AnIdIsUsedOnceAtATime) {
  dispatcher.Receive(R"({"jsonrpc":"2.0","id":7,"method":"later"})");
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":7,"method":"echo"})"), kInvalidRequest);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":"7","method":"echo"})"), 0);
  kept->Reply(1);
  kept->Reply(2);
  EXPECT_EQ(sent.back()["result"], 1);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":7,"method":"echo"})"), 0);
}

TEST_F(Rpc, WhatAHandlerForgetsOrThrowsIsAnswered) {
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":"drop"})"), kRpcInternal);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":"throw"})"), kRpcInternal);
}

TEST_F(Rpc, TooManyRequestsAreRefused) {
  std::vector<std::shared_ptr<RpcCall>> calls;
  dispatcher.On("keep", [&](const auto& call) { calls.push_back(call); });
  int code = 0;
  for (int id = 0; id < 1000 && code == 0; id++)
    code = CodeOf(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"keep"})");
  EXPECT_EQ(code, kServerBusy);
  EXPECT_LE(calls.size(), 256u);
}

}  // namespace
}  // namespace squire::serve
