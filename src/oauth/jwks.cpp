#include "oauth/jwks.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "net/url.h"
#include "oauth/metadata.h"

namespace oauth {

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

bool on_this_machine(const net::Url& url) { return url.host == "localhost" || url.host == "127.0.0.1" || url.host == "::1"; }

Error cannot(std::string_view issuer, std::string why) {
  return Error(Code::unavailable, "the keys of " + std::string(issuer) + " cannot be had: " + std::move(why));
}

}  // namespace

Fetch fetch_with(net::HttpClient& client) {
  return [at = &client](std::string url, Instant deadline) -> Task<Document> {
    // A function of its own: a coroutine's frame does not keep the captures of a lambda.
    struct Get {
      static Task<Document> run(net::HttpClient* http, std::string text, Instant until) {
        net::Url place = co_await net::parse_url(text);
        const net::HttpHeader headers[] = {{"Accept", "application/json"}};
        net::HttpClientRequest request;
        request.url = &place;
        request.headers = headers;
        request.repeat = net::Repeat::harmless;
        net::HttpResponse response = co_await http->send(request, {}, until);
        Document out;
        out.status = response.status();
        for (const auto& line : response.headers())
          if (net::same_header(line.name, "cache-control"))
            out.cache_control.append(out.cache_control.empty() ? "" : ", ").append(line.value);
        out.body = co_await response.body(kMaxJwkSetBytes);
        co_return std::move(out);
      }
    };
    return Get::run(at, std::move(url), deadline);
  };
}

Result<std::vector<std::string>> metadata_places(std::string_view issuer) {
  auto url = net::parse_url(issuer);
  if (!url) return std::move(url).error().in("issuer '" + std::string(issuer) + "'");
  if (!url->tls && !on_this_machine(*url))
    return Error(Code::invalid_argument, "issuer '" + std::string(issuer) + "' must be https; http is for this machine only");
  if (issuer.find_first_of("?#") != std::string_view::npos)
    return Error(Code::invalid_argument, "issuer '" + std::string(issuer) + "' must have no query and no fragment");
  return server_metadata_urls(issuer);
}

Result<std::string> jwks_uri_of(std::string_view json, std::string_view issuer) {
  auto wrong = [](std::string why) { return Error(Code::upstream_failed, "its metadata " + std::move(why)); };
  if (auto valid = base::validate_json(json); !valid || !base::is_object(json)) return wrong("is no JSON object");
  if (!base::unique_keys(json)) return wrong("has a member twice");
  auto name = base::json_string(base::find_member(json, "issuer"));
  if (!name || *name != issuer) return wrong("is of another issuer");
  auto place = base::json_string(base::find_member(json, "jwks_uri"));
  if (!place) return wrong("has no jwks_uri");
  auto url = net::parse_url(*place);
  if (!url) return wrong("has a jwks_uri that is no URL");
  auto home = net::parse_url(issuer);
  bool both_here = home && on_this_machine(*home) && on_this_machine(*url);
  if (!url->tls && !both_here) return wrong("has a jwks_uri that is not https");
  return place;
}

std::optional<Millis> freshness(std::string_view cache_control) {
  std::optional<Millis> out;
  while (!cache_control.empty()) {
    std::size_t end = std::min(cache_control.find(','), cache_control.size());
    std::string_view item = cache_control.substr(0, end);
    cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (net::same_header(item, "no-store") || net::same_header(item, "no-cache")) return Millis(0);
    constexpr std::string_view kAge = "max-age=";
    if (item.size() <= kAge.size() || !net::same_header(item.substr(0, kAge.size()), kAge)) continue;
    item.remove_prefix(kAge.size());
    std::uint32_t seconds = 0;
    auto [at, ec] = std::from_chars(item.data(), item.data() + item.size(), seconds);
    if (ec == std::errc() && at == item.data() + item.size()) out = std::chrono::seconds(seconds);
  }
  return out;
}

struct KeyRing::Issuer {
  std::string name;
  std::string place;  // its jwks_uri, once known
  std::string text;   // the set as it came, to see a change
  Keys keys;
  Instant placed{}, fetched{}, fresh_until{}, failed{}, looked_for_unknown{};
  bool fetching = false;
  std::string failure;  // of the last fetch, or empty
  base::Waiters waiting;
};

KeyRing::KeyRing(Loop& loop, Fetch fetch, KeyRingOptions options, Clocks clocks)
    : loop_(loop), fetch_(std::move(fetch)), options_(options), clocks_(std::move(clocks)) {}
KeyRing::~KeyRing() = default;

KeyRing::Issuer& KeyRing::issuer_of(const std::string& name) {
  auto& slot = issuers_[name];
  if (!slot) {
    slot = std::make_unique<Issuer>();
    slot->name = name;
  }
  return *slot;
}

std::uint64_t KeyRing::generation(std::string_view issuer) const {
  auto found = issuers_.find(issuer);
  return found == issuers_.end() ? 0 : found->second->keys.generation;
}

Task<KeyRing::Keys> KeyRing::keys(std::string name, std::optional<std::string> kid) {
  Issuer* issuer = &issuer_of(name);
  auto has = [&](const std::string& id) {
    return std::any_of(issuer->keys.set->keys.begin(), issuer->keys.set->keys.end(),
                       [&](const Jwk& key) { return !key.id() || *key.id() == id; });
  };
  Instant now = clocks_.steady();
  bool wanted = !issuer->keys.set || now >= issuer->fresh_until;
  if (!wanted && kid && !has(*kid)) {
    wanted = issuer->fetching || issuer->looked_for_unknown == Instant{} || now - issuer->looked_for_unknown >= options_.unknown_interval;
    if (wanted && !issuer->fetching) issuer->looked_for_unknown = now;
  }
  bool resting = !issuer->fetching && !issuer->failure.empty() && now - issuer->failed < options_.retry;
  if (wanted && !resting) (void)co_await wait_for_fetch(issuer).result();
  now = clocks_.steady();
  std::string trouble = issuer->failure;
  if (trouble.empty()) trouble = "no answer in time";
  if (!issuer->keys.set) co_return cannot(name, std::move(trouble));
  if (now >= issuer->fresh_until && now - issuer->fetched > options_.max_stale)
    co_return cannot(name, "those held are too old; " + trouble);
  co_return issuer->keys;
}

// Joins the fetch that runs, or starts one. The fetch is the ring's: whoever waits may go.
Task<void> KeyRing::wait_for_fetch(Issuer* issuer) {
  if (!issuer->fetching) {
    issuer->fetching = true;
    ++fetches_;
    running_.spawn(fetch(issuer));
  }
  if (!issuer->fetching) co_return;
  co_await issuer->waiting.wait(loop_.timers(), {}, base::Timers::now() + options_.fetch_time + Millis(1'000));
}

Task<void> KeyRing::fetch(Issuer* issuer) {
  Result<> outcome = co_await fetch_keys(issuer).result();
  issuer->fetching = false;
  issuer->failure = outcome ? std::string() : outcome.error().message;
  if (!outcome) {
    issuer->failed = clocks_.steady();
    issuer->place.clear();
  }
  issuer->waiting.wake(Result<>());
}

Task<void> KeyRing::fetch_keys(Issuer* issuer) {
  Instant deadline = base::Timers::now() + options_.fetch_time;
  if (issuer->place.empty() || clocks_.steady() - issuer->placed > options_.max_stale) co_await find_place(issuer, deadline);
  Document document = co_await fetch_(issuer->place, deadline);
  if (document.status != 200) co_await mcp::fail(Code::upstream_failed, issuer->place + " answered " + std::to_string(document.status));
  JwkSet set = co_await parse_jwk_set(document.body);
  if (set.keys.empty()) co_await mcp::fail(Code::upstream_failed, issuer->place + " has no key that can be used");
  if (document.body != issuer->text) {
    issuer->keys.set = std::make_shared<const JwkSet>(std::move(set));
    ++issuer->keys.generation;
    issuer->text = std::move(document.body);
  }
  issuer->fetched = clocks_.steady();
  Millis fresh = freshness(document.cache_control).value_or(options_.usual_fresh);
  issuer->fresh_until = issuer->fetched + std::clamp(fresh, options_.min_fresh, options_.max_fresh);
}

Task<void> KeyRing::find_place(Issuer* issuer, Instant deadline) {
  std::vector<std::string> places = co_await metadata_places(issuer->name);
  std::string last;
  for (const std::string& place : places) {
    Result<Document> document = co_await fetch_(place, deadline).result();
    if (!document) co_await mcp::fail(document.error());
    if (document->status == 200) {
      issuer->place = co_await jwks_uri_of(document->body, issuer->name);
      issuer->placed = clocks_.steady();
      co_return;
    }
    last = place + " answered " + std::to_string(document->status);
  }
  co_await mcp::fail(Code::upstream_failed, last);
}

}  // namespace oauth
