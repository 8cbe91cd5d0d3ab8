// A static MCP server of the modern era over HTTP, as cheap as it can be made: the thing behind the gateway and behind nginx in
// script/bench. Not a server to copy: it believes what it reads.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::string_view kRevision = "2026-07-28";

// The value of the top-level "id", which every client of this program writes as a plain token.
std::string_view id_of(std::string_view body) {
  auto at = body.find("\"id\":");
  if (at == std::string_view::npos) return "null";
  body.remove_prefix(at + 5);
  return body.substr(0, body.find_first_of(",}"));
}

// tools/list: `echo`, and so many more as make `count`.
std::string list_of(int count) {
  std::string tools;
  for (int i = 0; i < count; ++i) {
    std::string name = i == 0 ? "echo" : "tool_" + std::to_string(i);
    tools += (i ? "," : "") +
             (R"({"name":")" + name + R"(","description":"Echo, with a description as tools have them: what it does, and for whom.",)") +
             R"("inputSchema":{"type":"object","properties":{"text":{"type":"string","description":"What to say"}}}})";
  }
  return R"({"resultType":"complete","ttlMs":60000,"cacheScope":"public","tools":[)" + tools + "]}";
}
std::string the_list;

std::string words(std::size_t size) {
  std::string out;
  while (out.size() < size) out += "A line of text as tools give it, with words of usual length. ";
  return out.substr(0, size);
}

std::string result_for(std::string_view body) {
  if (body.find("\"method\":\"tools/call\"") != std::string_view::npos)
    return R"({"resultType":"complete","content":[{"type":"text","text":")" + words(900) + R"("}]})";
  if (body.find("\"method\":\"tools/list\"") != std::string_view::npos) return the_list;
  if (body.find("\"method\":\"server/discover\"") != std::string_view::npos)
    return R"({"resultType":"complete","supportedVersions":[")" + std::string(kRevision) +
           R"("],"capabilities":{"tools":{}},"ttlMs":60000,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"static","version":"1"}}})";
  return {};
}

std::string answer(std::string_view body) {
  static const std::string call = result_for("\"method\":\"tools/call\"");
  bool is_call = body.find("\"method\":\"tools/call\"") != std::string_view::npos;
  std::string result = is_call ? std::string() : result_for(body);
  std::string_view shown = is_call ? std::string_view(call) : std::string_view(result);
  std::string message = R"({"jsonrpc":"2.0","id":)" + std::string(id_of(body));
  if (shown.empty())
    message += R"(,"error":{"code":-32601,"message":"Method not found"}})";
  else
    message.append(R"(,"result":)").append(shown).append("}");
  return (shown.empty() ? "HTTP/1.1 404 Not Found" : "HTTP/1.1 200 OK") +
         std::string("\r\nContent-Type: application/json\r\nContent-Length: ") + std::to_string(message.size()) + "\r\n\r\n" + message;
}

// Takes whole requests off the front of `in` and gives their answers.
std::string serve(std::string& in) {
  std::string out;
  for (;;) {
    auto head = in.find("\r\n\r\n");
    if (head == std::string::npos) return out;
    std::size_t length = 0;
    for (std::string_view key : {"Content-Length: ", "content-length: "}) {
      auto at = in.find(key);
      if (at != std::string::npos && at < head) length = std::strtoul(in.c_str() + at + key.size(), nullptr, 10);
    }
    if (in.size() < head + 4 + length) return out;
    out += answer(std::string_view(in).substr(head + 4, length));
    in.erase(0, head + 4 + length);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: bench_upstream PORT [TOOLS]\n");
    return 2;
  }
  the_list = list_of(argc == 3 ? std::atoi(argv[2]) : 1);
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int one = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 1024) != 0) {
    std::perror("bench_upstream");
    return 1;
  }
  int poll = ::epoll_create1(0);
  epoll_event event{EPOLLIN, {.fd = listener}};
  ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  std::unordered_map<int, std::string> connections;
  std::array<epoll_event, 256> ready{};
  std::array<char, 65536> buffer{};
  for (;;) {
    int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) continue;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_event added{EPOLLIN, {.fd = client}};
        ::epoll_ctl(poll, EPOLL_CTL_ADD, client, &added);
        connections[client].clear();
        continue;
      }
      ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        ::close(fd);
        connections.erase(fd);
        continue;
      }
      std::string& in = connections[fd];
      in.append(buffer.data(), static_cast<std::size_t>(got));
      std::string out = serve(in);
      for (std::size_t sent = 0; sent < out.size();) {
        ssize_t n = ::send(fd, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
        if (n < 0) break;
        sent += static_cast<std::size_t>(n);
      }
    }
  }
}
