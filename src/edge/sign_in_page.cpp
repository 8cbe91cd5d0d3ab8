#include "edge/sign_in_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "edge/approval_page.h"
#include "edge/pages.h"
#include "oauth/form.h"

namespace edge {
namespace {

using mcp::Code;
using mcp::Task;

constexpr std::string_view kCookie = "gatehouse_sign_in";
constexpr std::size_t kLeastSecret = 16, kMostSecret = 128;

struct Answer {
  int status = 200;
  std::string body;
  std::string cookie;    // the browser's secret, where it has to be told
  std::string location;  // where it is sent
  std::string_view type = "text/html; charset=utf-8";
};

std::string frame(std::string_view title, std::string_view inside) {
  return fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"robots\" content=\"noindex\"><title>{}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:44rem;"
      "margin:2rem auto;padding:0 1rem}}button{{font:inherit;padding:.4rem .8rem}}</style></head><body><h1>{}</h1>{}</body></html>\n",
      title, title, inside);
}

Answer failed(const mcp::Error& error) {
  int status = 502;
  if (error.code == Code::not_found) status = 404;
  if (error.code == Code::denied) status = 403;
  if (error.code == Code::rate_limited) status = 429;
  Answer out;
  out.status = status;
  out.body = frame("The sign-in did not work", "<p>" + html_text(error.leaving()) + "</p>");
  return out;
}

std::string question(const SignInVisitor& visitor) {
  return frame("Sign in to " + html_text(visitor.server),
               fmt::format("<p>Gatehouse will use the server <strong>{}</strong> in the name of its caller <strong>{}</strong>.</p>"
                           "<p>Go on only if that is you, and if it was you who asked for this.</p>"
                           "<form method=\"post\"><button name=\"go\" value=\"on\">Sign in</button></form>",
                           html_text(visitor.server), html_text(visitor.caller)));
}

Answer done(const std::string& server) {
  Answer out;
  out.body = frame("Signed in", "<p>You are signed in to <strong>" + html_text(server) +
                                    "</strong>. You can close this page and go back to where you came from.</p>");
  return out;
}

Task<Answer> connect(const SignInParts* parts, const net::HttpRequest* request) {
  const std::string_view target = request->target;
  const std::size_t query = target.find('?');
  auto form = oauth::read_form(query == std::string_view::npos ? std::string_view() : target.substr(query + 1));
  const std::string* link = form ? oauth::find(*form, "ticket") : nullptr;
  mcp::Result<SignInVisitor> visitor =
      parts->read(std::string_view(request->path).substr(kConnectPrefix.size()), link ? std::string_view(*link) : std::string_view());
  if (!visitor) co_return failed(visitor.error());
  Answer out;
  if (request->method != "POST") {
    out.body = question(*visitor);
    co_return std::move(out);
  }
  std::string browser = find_browser(request->find("Cookie").value_or(""));
  if (browser.empty()) browser = parts->secret();
  const std::string server = visitor->server;
  mcp::Result<std::string> to = co_await parts->begin(*std::move(visitor), browser).result();
  if (!to) co_return failed(to.error());
  if (to->empty()) co_return done(server);
  out.status = 303;
  out.cookie = std::move(browser);
  out.location = *std::move(to);
  co_return std::move(out);
}

Task<Answer> answer(const SignInParts* parts, const net::HttpRequest* request) {
  const bool reads = request->method == "GET" || request->method == "HEAD";
  const bool connects = request->path.starts_with(kConnectPrefix);
  Answer out;
  if (!reads && !(connects && request->method == "POST")) {
    out.status = 405;
    out.body = frame("Not here", "<p>Use GET.</p>");
    co_return std::move(out);
  }
  if (connects) co_return co_await connect(parts, request);
  if (request->path == kClientPath) {
    out.body = parts->document();
    out.type = "application/json";
    if (out.body.empty()) {
      out.status = 404;
      out.body = R"({"error":"this gateway has no public_url that begins with https, and so no client document"})";
    }
    co_return std::move(out);
  }
  std::string browser = find_browser(request->find("Cookie").value_or(""));
  mcp::Result<std::string> server = co_await parts->returned(std::string(request->target), std::move(browser)).result();
  if (!server) co_return failed(server.error());
  co_return done(*server);
}

}  // namespace

bool is_sign_in(std::string_view path) { return path.starts_with(kConnectPrefix) || path == kCallbackPath || path == kClientPath; }

std::string find_browser(std::string_view cookies) {
  while (!cookies.empty()) {
    std::string_view one = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookies.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (!one.starts_with(kCookie) || one.substr(kCookie.size()).substr(0, 1) != "=") continue;
    const std::string_view value = one.substr(kCookie.size() + 1);
    auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
    if (value.size() >= kLeastSecret && value.size() <= kMostSecret && std::all_of(value.begin(), value.end(), plain))
      return std::string(value);
  }
  return {};
}

Task<void> serve_sign_in(const SignInParts* parts, net::HttpExchange* exchange) {
  const net::HttpRequest& request = exchange->request();
  const Answer page = co_await answer(parts, &request);
  std::vector<net::HttpHeader> headers{
      {"Content-Type", page.type},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", kFormReferrerPolicy},
      {"X-Frame-Options", "DENY"},
      // The form leads on to the authorization server, whichever that is.
      {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"}};
  // The way back is from another site: lax lets it come with the cookie.
  const std::string cookie = fmt::format("{}={}; Path=/oauth; HttpOnly; SameSite=Lax; Max-Age=900", kCookie, page.cookie);
  if (!page.cookie.empty()) headers.push_back({"Set-Cookie", cookie});
  if (!page.location.empty()) headers.push_back({"Location", page.location});
  co_await exchange->respond(page.status, std::span<const net::HttpHeader>(headers), page.body);
}

}  // namespace edge
