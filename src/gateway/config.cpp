#include "gateway/config.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace gateway {

std::string Place::text() const { return fmt::format("{}:{}:{}", file, line, column); }

bool ServerConfig::same_link(const ServerConfig& other) const {
  // What is new in a config and not named here counts as another link, which is the safe side.
  ServerConfig as_this = other;
  as_this.place = place;
  as_this.required = required;
  as_this.start = start;
  as_this.deadline = deadline;
  as_this.connect_timeout = connect_timeout;
  as_this.concurrency = concurrency;
  as_this.queue = queue;
  as_this.rate = rate;
  as_this.largest_request = largest_request;
  as_this.idle_stop = idle_stop;
  as_this.tools = tools;
  as_this.include = include;
  as_this.exclude = exclude;
  as_this.forward_headers = forward_headers;
  return as_this == *this;
}

std::string ServerConfig::fingerprint() const {
  // Each part is led by its length, so that no two configs spell the same text. Secrets go in as well: another account may see
  // other tools; only the hash leaves.
  std::string text;
  auto add = [&text](std::string_view part) { text += fmt::format("{}:{}\n", part.size(), part); };
  add(std::to_string(static_cast<int>(kind)));
  add(builtin);
  add(state == State::session ? "session" : "");
  for (const Root& root : roots) {
    add(root.path);
    add(std::to_string(static_cast<int>(root.mode)));
  }
  add(allow_hard_links ? "links" : "");
  add(own.reveal());
  for (const std::string& part : command) add(part);
  for (const auto& [name, value] : env) {
    add(name);
    add(value.reveal());
  }
  add(cwd);
  add(url);
  for (const auto& [name, value] : headers) {
    add(name);
    add(value.reveal());
  }
  add(ca);
  if (auth.wanted()) {
    add(std::to_string(static_cast<int>(auth.grant)));
    add(auth.client_id);
    for (const std::string& scope : auth.scopes) add(scope);
  }
  return base::sha256_hex(text);
}

}  // namespace gateway
