#pragma once

/// A loopback HTTP server for tests: one thread, answers by a function. Its answers may be any bytes, also wrong ones.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace squire::embed {

struct TestRequest {
  std::string head;  ///< Request line and headers.
  std::string body;
  int number = 0;      ///< From 0, over all connections.
  int connection = 0;  ///< From 0.
};

class TestServer {
 public:
  /// `answer` gives the raw bytes to send; "" closes the connection without any, "hang" never answers.
  explicit TestServer(std::function<std::string(const TestRequest&)> answer) : answer_(std::move(answer)) {
    ::setenv("no_proxy", "127.0.0.1", 1);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  }
  ~TestServer() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int connections() const { return connections_; }

  static std::string Reply(int status, const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
           "\r\n" + body;
  }

 private:
  static constexpr int kPollMilliseconds = 20;

  static bool Readable(int socket, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd wait{socket, POLLIN, 0};
      if (::poll(&wait, 1, kPollMilliseconds) > 0) return true;
    }
    return false;
  }

  void Serve(const std::stop_token& stop) {
    while (Readable(listener_, stop)) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      ++connections_;
      while (Exchange(socket, stop)) {
      }
      ::close(socket);
    }
  }

  bool Exchange(int socket, const std::stop_token& stop) {
    TestRequest request;
    std::string all;
    size_t head_end = std::string::npos;
    size_t want = SIZE_MAX;
    while (all.size() < want) {
      char bytes[65536];
      if (!Readable(socket, stop)) return false;
      const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
      if (got <= 0) return false;
      all.append(bytes, static_cast<size_t>(got));
      if (head_end == std::string::npos && (head_end = all.find("\r\n\r\n")) != std::string::npos) {
        const size_t length = all.find("Content-Length: ");
        want = head_end + 4 + (length < head_end ? std::strtoul(all.c_str() + length + 16, nullptr, 10) : 0);
      }
    }
    request.head = all.substr(0, head_end);
    request.body = all.substr(head_end + 4);
    request.number = requests_++;
    request.connection = connections_ - 1;
    const std::string reply = answer_(request);
    if (reply == "hang") return Readable(socket, stop) && false;
    for (size_t at = 0; at < reply.size();) {
      const ssize_t sent = ::send(socket, reply.data() + at, reply.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      at += static_cast<size_t>(sent);
    }
    return !reply.empty() && reply.find("Connection: close") == std::string::npos;
  }

  std::function<std::string(const TestRequest&)> answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> requests_ = 0;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

}  // namespace squire::embed
