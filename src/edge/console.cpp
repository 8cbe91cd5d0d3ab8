#include "edge/console.h"

#include <fmt/format.h>

#include <vector>

#include "base/event.h"
#include "base/json.h"
#include "edge/console_files.h"

namespace edge {
namespace {

using base::quoted;
using gateway::ConsoleGate;
using mcp::Task;

constexpr std::size_t kMostLogin = 32 * 1024;
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'";

struct Answer {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::string cookie, location, allow, tag;
  std::string_view file;  // in place of the body
};

Answer failed(int status, std::string_view why) {
  Answer out;
  out.status = status;
  out.body = fmt::format("{{\"error\":{}}}\n", quoted(why));
  return out;
}

std::string cookie_line(const ConsoleParts& parts, std::string_view value, std::string_view more) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", gateway::kConsoleCookie, value,
                     parts.cookie && parts.cookie() == ConsoleParts::Cookie::secure ? "; Secure" : "", more);
}

// Who is signed in, for the pages.
Answer whoami(const ConsoleParts& parts, const net::HttpRequest& request, const ConsoleGate::SignedIn* session) {
  const base::Principal* who = session && session->who && session->who->who ? session->who->who.get() : nullptr;
  const std::string role = parts.role(who, request);
  Answer out;
  out.body = fmt::format(R"({{"login":{},"signed_in":{},"name":{},"role":{},"token":{}}})", parts.gate ? "\"key\"" : "null",
                         session != nullptr || !parts.gate, quoted(who ? who->id : "local"), role.empty() ? "null" : quoted(role),
                         session ? quoted(session->token) : "null");
  return out;
}

Task<Answer> session(const ConsoleParts* parts, const net::HttpRequest* request) {
  if (!parts->gate) co_return whoami(*parts, *request, nullptr);
  mcp::Result<ConsoleGate::SignedIn> found = co_await parts->gate->find(request).result();
  if (found) co_return whoami(*parts, *request, &*found);
  Answer nobody;
  nobody.body = R"({"login":"key","signed_in":false,"name":null,"role":null,"token":null})";
  co_return nobody;
}

void tell(std::string subject, std::string outcome) {
  base::Event event;
  event.kind = outcome == "ok" ? "signin.ok" : "signin.failed";
  event.subject = "console";
  event.actor = std::move(subject);
  event.outcome = std::move(outcome);
  base::events::happened(event);
}

Task<Answer> login(const ConsoleParts* parts, const net::HttpRequest* request) {
  if (!parts->gate) co_return failed(404, "nobody needs to sign in here");
  // A form of another page cannot send this type without being asked first.
  const std::string_view type = request->find("content-type").value_or("");
  if (!type.starts_with("application/json")) co_return failed(415, "send application/json");
  if (request->body.size() > kMostLogin || !base::validate_json(request->body) || !base::is_object(request->body))
    co_return failed(400, R"(send {"key": "…"})");
  auto key = base::json_string(base::find_member(request->body, "key"));
  if (!key) co_return failed(400, R"(send {"key": "…"})");
  std::string peer(request->peer_address);
  mcp::Result<ConsoleGate::SignedIn> begun = co_await parts->gate->begin(*std::move(key), std::move(peer)).result();
  if (!begun) {
    tell(std::string(request->peer_address), "failed");
    co_return failed(401, begun.error().leaving());
  }
  tell(begun->who && begun->who->who ? begun->who->who->id : "local", "ok");
  Answer out = whoami(*parts, *request, &*begun);
  out.cookie = cookie_line(*parts, begun->cookie, "");
  co_return out;
}

Answer logout(const ConsoleParts& parts, const net::HttpRequest& request) {
  if (parts.gate) parts.gate->end(request);
  Answer out;
  out.body = "{}";
  out.cookie = cookie_line(parts, "", "; Max-Age=0");
  return out;
}

Task<Answer> answer(const ConsoleParts* parts, const net::HttpRequest* request) {
  const bool reads = request->method == "GET" || request->method == "HEAD";
  const bool posts = request->method == "POST";
  if (request->path.size() < kConsolePrefix.size()) {
    Answer moved;
    moved.status = 308;
    moved.location = kConsolePrefix;
    co_return moved;
  }
  const std::string_view path = request->path.substr(kConsolePrefix.size());
  if (posts && path == "login") co_return co_await login(parts, request);
  if (posts && path == "logout") co_return logout(*parts, *request);
  if (reads && path == "session") co_return co_await session(parts, request);
  auto file = find_console_file(path);
  if (!file) co_return failed(404, "the console has no such file");
  if (!reads) {
    Answer wrong = failed(405, "this can only be read");
    wrong.allow = "GET, HEAD";
    co_return wrong;
  }
  Answer out;
  out.type = file->type;
  out.tag = file->tag;
  if (request->find("if-none-match") == file->tag)
    out.status = 304;
  else
    out.file = file->bytes;
  co_return out;
}

}  // namespace

Task<void> serve_console(const ConsoleParts* parts, net::HttpExchange* exchange) {
  const Answer page = co_await answer(parts, &exchange->request());
  std::vector<net::HttpHeader> headers{{"Content-Type", page.type},
                                       {"Content-Security-Policy", kPolicy},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"Referrer-Policy", "no-referrer"},
                                       {"X-Frame-Options", "DENY"},
                                       {"Cross-Origin-Opener-Policy", "same-origin"},
                                       {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (page.tag.empty())
    headers.push_back({"Cache-Control", "no-store"});
  else
    headers.push_back({"Cache-Control", "no-cache"});
  if (!page.tag.empty()) headers.push_back({"ETag", page.tag});
  if (!page.cookie.empty()) headers.push_back({"Set-Cookie", page.cookie});
  if (!page.location.empty()) headers.push_back({"Location", page.location});
  if (!page.allow.empty()) headers.push_back({"Allow", page.allow});
  const std::string_view body = page.file.empty() ? std::string_view(page.body) : page.file;
  co_await exchange->respond(page.status, std::span<const net::HttpHeader>(headers), body);
}

}  // namespace edge
