#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "app/program_testing.h"
#include "base/json.h"
#include "protocol/versions/versions.h"

namespace {

using app::testing::Program;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kRevision(protocol::latest_legacy().name);
const std::string kInitialize = R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":")" + kRevision +
                                R"(","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})";
const std::string kInitialized = "\"protocolVersion\":\"" + kRevision + "\"";

// One HTTP exchange over a connected socket, the blocking way.
std::string exchange(int socket, const std::string& request) {
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return {};
  std::string answer;
  char buffer[65536];
  for (ssize_t n; (n = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  ::close(socket);
  return answer;
}

class Serve : public app::testing::ProgramTest {
 protected:
  Serve() {
    write("shared/hello.txt", "hello there\n");
    write("gatehouse.yaml", "listen: 127.0.0.1:0\nservers:\n  files: { builtin: filesystem, roots: [./shared], required: true }\n");
  }

  // Starts it and waits until it listens.
  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"serve", "--log-format", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    program_ = std::make_unique<Program>(folder_, arguments);
    std::string line = program_->line_of_err("\"listening\"");
    auto json = base::parse_json(line);
    ASSERT_TRUE(json) << line << program_->err();
    url_ = json->as_object().at("url").as_string().c_str();
    std::string_view address = std::string_view(url_).substr(7);
    port_ = static_cast<std::uint16_t>(std::stoi(std::string(address.substr(address.find(':') + 1))));
  }
  int connect() const {
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return socket;
  }
  std::string get(const std::string& path, const std::string& headers = "") const {
    return exchange(connect(), fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{}\r\n", path, port_, headers));
  }
  std::string post(const std::string& path, const std::string& body) const {
    return exchange(connect(),
                    fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                "Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{}",
                                path, port_, body.size(), body));
  }
  int stop() {
    program_->signal(SIGTERM);
    return program_->wait();
  }

  std::unique_ptr<Program> program_;
  std::string url_;
  std::uint16_t port_ = 0;
};

TEST_F(Serve, AnswersItsPagesAndStopsOnSigterm) {
  start();
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get("/"), HasSubstr("a gateway for the Model Context Protocol"));
  EXPECT_THAT(get("/metrics"), HasSubstr("gatehouse_upstream_state{server=\"files\",kind=\"builtin\","));
  EXPECT_THAT(get("/nothing"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/nothing"), HasSubstr("\"servers\":[\"admin\",\"files\"]"));
  EXPECT_THAT(post("/healthz", "{}"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(get("/metrics", "Origin: https://evil.example\r\n"), StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(post("/mcp", kInitialize), HasSubstr(kInitialized));
  EXPECT_THAT(post("/mcp/s/files", kInitialize), HasSubstr(kInitialized));
  EXPECT_THAT(get("/readyz"), HasSubstr("\"id\":\"files\""));
  EXPECT_EQ(stop(), 0) << program_->err();
}

TEST_F(Serve, AnswersOnTheSocketBesideItsStore) {
  start();
  int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::string path = (folder_ / "gatehouse.db.sock").string();
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  EXPECT_THAT(exchange(socket, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(stop(), 0);
}

TEST_F(Serve, ASecondOneOnTheStoreIsRefusedWithThePid) {
  start();
  EXPECT_EQ(run({"serve"}), 1);
  EXPECT_THAT(err_, HasSubstr(fmt::format("a gateway (pid {}) runs on this store at 127.0.0.1:{}", program_->pid(), port_)));
  EXPECT_EQ(stop(), 0);
  start();  // and the lock is free again
  EXPECT_EQ(stop(), 0);
}

TEST_F(Serve, ALockOfADeadProcessIsNoLock) {
  start();
  program_->signal(SIGKILL);
  program_->wait();
  start();
  EXPECT_EQ(stop(), 0);
}

TEST_F(Serve, ASecondOneOnThePortIsRefusedWithThePid) {
  start();
  write("other.yaml", "store: sqlite:./other.db\nservers: {}\n");
  EXPECT_EQ(run({"serve", "--config", "other.yaml", "--listen", fmt::format("127.0.0.1:{}", port_)}), 1);
  EXPECT_THAT(err_, HasSubstr(fmt::format("the process {} listens on 127.0.0.1:{}", program_->pid(), port_)));
  EXPECT_EQ(stop(), 0);
}

TEST_F(Serve, BeyondLoopbackIsRefused) {
  EXPECT_EQ(run({"serve", "--listen", "0.0.0.0:0"}), 2);
  EXPECT_THAT(err_, HasSubstr("i_know_this_is_open: true"));
}

TEST_F(Serve, AHangUpReadsTheConfigAgain) {
  start();
  program_->signal(SIGHUP);
  EXPECT_THAT(program_->line_of_err("the config was read again"), HasSubstr("\"change\":\"none\""));
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(stop(), 0);
}

TEST_F(Serve, ToolsAndCallsByTheConfigAlone) {
  EXPECT_EQ(run({"tools"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("files__read_text_file"));
  EXPECT_EQ(run({"call", "files__read_text_file", R"({"path":"hello.txt"})"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("hello there"));
  EXPECT_EQ(run({"call", "files__read_text_file", R"({"path":"none.txt"})"}), 1);
  EXPECT_EQ(out_, "");
  EXPECT_NE(err_, "");
}

TEST_F(Serve, ToolsAndCallsThroughTheRunningGateway) {
  start();
  EXPECT_EQ(run({"tools", "--json"}), 0) << err_;
  auto json = base::parse_json(out_);
  ASSERT_TRUE(json) << out_;
  EXPECT_GT(json->as_array().size(), 3u);
  EXPECT_EQ(run({"tools", "read", "text"}), 2);  // one query, quoted
  EXPECT_EQ(run({"tools", "read text"}), 0);
  EXPECT_THAT(out_, HasSubstr("files__read_text_file"));
  EXPECT_THAT(out_, Not(HasSubstr("files__move_file")));
  EXPECT_EQ(run({"tools", "--status"}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("files  builtin  up"));
  EXPECT_EQ(run({"call", "--url", url_, "files__read_text_file", R"({"path":"hello.txt"})", "--json"}), 0) << err_;
  EXPECT_TRUE(base::parse_json(out_));
  EXPECT_EQ(run({"call", "files__read_txt_file"}), 1);
  EXPECT_THAT(err_, HasSubstr("did you mean files__read_text_file?"));
  EXPECT_THAT(get("/metrics"), HasSubstr("gatehouse_calls_total{server=\"files\",tool=\"read_text_file\",outcome=\"ok\"} 1"));
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(stop(), 0);
}

TEST_F(Serve, WrongArgumentsOfACallAreUsage) {
  EXPECT_EQ(run({"call", "x", "{"}), 2);
  EXPECT_THAT(err_, HasSubstr("the arguments are no JSON"));
  EXPECT_EQ(run({"call", "x", "[]"}), 2);
  EXPECT_THAT(err_, HasSubstr("must be a JSON object"));
  EXPECT_EQ(run({"call", "--url", "ftp://x", "x"}), 2);
  EXPECT_EQ(run({"call", "--url", "http://127.0.0.1:1/mcp", "x"}), 1);
}

TEST_F(Serve, StdioSpeaksToADesktopClient) {
  Program program(folder_, {"stdio"});
  program.write(kInitialize + "\n");
  EXPECT_THAT(program.line_of_out(), HasSubstr(kInitialized));
  program.write(
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n");
  EXPECT_THAT(program.line_of_out("\"id\":2"), HasSubstr("files__read_text_file"));
  EXPECT_EQ(program.wait(), 0) << program.err();
}

TEST_F(Serve, StdioEndsOnSigterm) {
  Program program(folder_, {"stdio"});
  program.write(kInitialize + "\n");
  EXPECT_THAT(program.line_of_out(), HasSubstr(kInitialized));
  program.signal(SIGTERM);
  EXPECT_EQ(program.line_of_out("never"), "");  // its output ends while its input is open
  EXPECT_EQ(program.wait(), 0) << program.err();
}

TEST_F(Serve, AnOpenStreamEndsCleanlyOnSigterm) {
  start();
  std::string hello = post("/mcp", kInitialize);
  std::size_t at = hello.find("ession-Id: ");
  ASSERT_NE(at, std::string::npos) << hello;
  std::string session = hello.substr(at + 11, hello.find('\r', at) - at - 11);
  int socket = connect();
  std::string request = fmt::format(
      "GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept: text/event-stream\r\nMCP-Protocol-Version: {}\r\nMcp-Session-Id: "
      "{}\r\n\r\n",
      port_, kRevision, session);
  ASSERT_EQ(::send(socket, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  char first[4096];
  ssize_t n = ::recv(socket, first, sizeof first, 0);
  ASSERT_GT(n, 0);
  EXPECT_THAT(std::string(first, static_cast<std::size_t>(n)), StartsWith("HTTP/1.1 200 "));
  program_->signal(SIGTERM);
  EXPECT_THAT(exchange(socket, ""), ::testing::EndsWith("0\r\n\r\n"));
  EXPECT_EQ(program_->wait(), 0) << program_->err();
}

TEST_F(Serve, OneBuiltInServerAlone) {
  Program program(folder_, {"server", "filesystem", "--root", "shared"});
  program.write(kInitialize + "\n");
  EXPECT_THAT(program.line_of_out(), HasSubstr(kInitialized));
  program.write(
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
      "call\",\"params\":{\"name\":\"read_text_file\",\"arguments\":{\"path\":\"hello.txt\"}}}\n");
  EXPECT_THAT(program.line_of_out("\"id\":2"), HasSubstr("hello there"));
  EXPECT_EQ(program.wait(), 0) << program.err();
}

}  // namespace
