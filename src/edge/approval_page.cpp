#include "edge/approval_page.h"

#include <fmt/format.h>

#include "edge/pages.h"
#include "gateway/consents.h"
#include "oauth/form.h"

namespace edge {
namespace {

using authz::Approval;
using authz::ApprovalState;
using mcp::Code;
using mcp::Task;

constexpr std::size_t kMostForm = 8 * 1024;

struct Answer {
  int status = 200;
  std::string body;
};

std::string frame(std::string_view title, std::string_view inside) {
  return fmt::format(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<meta name=\"robots\" content=\"noindex\"><title>{}</title><style>body{{font:16px/1.5 "
      "system-ui,sans-serif;max-width:44rem;margin:2rem "
      "auto;padding:0 1rem}}dt{{font-weight:600}}dd{{margin:0 0 .6rem}}pre{{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid "
      "#999;padding:.6rem}}button,input{{font:inherit;padding:.4rem .8rem}}</style></head><body><h1>{}</h1>{}</body></html>\n",
      title, title, inside);
}

Answer failed(const mcp::Error& error) {
  const int status = error.code == Code::not_found          ? 404
                     : error.code == Code::conflict         ? 409
                     : error.code == Code::invalid_argument ? 400
                                                            : 503;
  return {status, frame("This link does not work", "<p>" + html_text(error.leaving()) + "</p>")};
}

Task<Answer> answer(const ApprovalParts* parts, const net::HttpRequest* request) {
  std::string link(request->path.substr(kApprovalPrefix.size()));
  if (request->method == "GET" || request->method == "HEAD") {
    mcp::Result<Approval> found = co_await parts->find(std::move(link)).result();
    Answer out = found ? Answer{200, approval_page(*found, {})} : failed(found.error());
    co_return out;
  }
  if (request->method != "POST") {
    Answer out{405, frame("Not here", "<p>Use GET or POST.</p>")};
    co_return out;
  }
  auto form =
      request->body.size() <= kMostForm ? oauth::read_form(request->body) : mcp::Result<oauth::Form>(mcp::Error(Code::too_large, ""));
  const std::string* decision = form ? oauth::find(*form, "decision") : nullptr;
  if (!decision || (*decision != "approve" && *decision != "deny")) {
    Answer out{400, frame("Not understood", "<p>decision must be approve or deny.</p>")};
    co_return out;
  }
  authz::Word word;
  word.agrees = *decision == "approve";
  if (const std::string* reason = oauth::find(*form, "reason")) word.reason = *reason;
  mcp::Result<Approval> done = co_await parts->decide(std::move(link), std::move(word)).result();
  Answer out = done ? Answer{200, approval_page(*done, "Your decision was taken.")} : failed(done.error());
  co_return out;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (char c : gateway::without_tricks(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string approval_page(const Approval& approval, std::string_view note) {
  std::string inside;
  if (!note.empty()) inside += fmt::format("<p><strong>{}</strong></p>", html_text(note));
  inside += fmt::format("<dl><dt>Who calls</dt><dd>{}</dd><dt>Server</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd><dt>State</dt><dd>{}</dd></dl>",
                        html_text(approval.caller + (approval.owner.empty() ? "" : ", of " + approval.owner)), html_text(approval.server),
                        html_text(approval.kind), html_text(approval.name), authz::approval_state_name(approval.state));
  if (!approval.arguments.empty()) inside += "<p>Arguments:</p><pre>" + html_text(approval.arguments) + "</pre>";
  for (const authz::ApprovalWord& word : approval.words)
    inside += fmt::format("<p>{} by {}{}</p>", word.agrees ? "Approved" : "Denied", html_text(word.by),
                          word.reason.empty() ? "" : ": " + html_text(word.reason));
  if (approval.state == ApprovalState::pending && note.empty())
    inside +=
        "<form method=\"post\"><p><label>Reason <input name=\"reason\" maxlength=\"500\"></label></p><p>"
        "<button name=\"decision\" value=\"approve\">Approve, once</button> <button name=\"decision\" "
        "value=\"deny\">Deny</button></p></form>";
  return frame("A call waits for an approval", inside);
}

Task<void> serve_approval(const ApprovalParts* parts, net::HttpExchange* exchange) {
  const Answer page = co_await answer(parts, &exchange->request());
  const net::HttpHeader headers[] = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", kFormReferrerPolicy},
      {"X-Frame-Options", "DENY"},
      {"Content-Security-Policy",
       "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"}};
  std::span<const net::HttpHeader> lines(headers);
  co_await exchange->respond(page.status, lines, page.body);
}

}  // namespace edge
