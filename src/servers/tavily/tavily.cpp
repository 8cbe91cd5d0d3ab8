#include "servers/tavily/tavily.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <utility>

#include "servers/rest/service.h"
#include "servers/rest/settings.h"
#include "servers/rest/text.h"
#include "servers/rest/tool.h"
#include "servers/tavily/tools.h"

namespace servers::tavily {
namespace {

Result<Setup> read_setup(const BuiltinOptions& options) {
  auto own = rest::own_of(options);
  if (!own) return std::move(own).error();
  rest::Settings settings(own->root());
  Setup out;
  out.client = rest::read_client(settings, options, "https://api.tavily.com");
  settings.secret("key", out.key);
  settings.text("key_issued", out.key_issued);
  settings.text("key_rotate_every", out.key_rotate_every);
  settings.text("remedy", out.remedy);
  std::int64_t cache = out.cache.count();
  settings.number("cache_ms", 0, 30LL * 24 * 3600 * 1000, cache);
  out.cache = std::chrono::milliseconds(cache);
  settings.number("credits_call", 1, 1'000'000, out.credits_call);
  settings.number("credits_day", 1, 1'000'000, out.credits_day);
  if (auto done = settings.done(); !done) return std::move(done).error();
  if (!rest::fits_a_header(out.key.reveal())) return Error(Code::invalid_argument, "the key has a control character in it");
  if (auto overdue = days_overdue(out.key_issued, out.key_rotate_every, std::chrono::system_clock::now()); !overdue)
    return std::move(overdue).error();
  return out;
}

mcp::ToolOptions reads(std::string title) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = true;
  out.annotations.open_world = true;
  return out;
}

class TavilyServer final : public Builtin {
 public:
  TavilyServer(Setup setup, const BuiltinOptions& options)
      : server_("tavily", options.version), setup_(std::move(setup)), tools_(setup_), service_(setup_.client, options.loop) {
    tools_.use(service_.client());
    server_.title("Tavily");
    server_.instructions("Web search and reading by Tavily. Cite results by their number and address. Each call costs credits.");
    server_.tool("search", "Search the web. Returns numbered results with title, address and the passages that fit.",
                 rest::on_thread(service_, tools_, &Tools::search), reads("Search the Web"));
    server_.tool("extract", "Read the content of pages.", rest::on_thread(service_, tools_, &Tools::extract), reads("Read Pages"));
    server_.tool("crawl", "Follow a site's links from a page and read what is there.", rest::on_thread(service_, tools_, &Tools::crawl),
                 reads("Crawl a Site"));
    server_.tool("map", "List the addresses of a site.", rest::on_thread(service_, tools_, &Tools::map), reads("Map a Site"));
  }

  mcp::Server& server() override { return server_; }

 private:
  mcp::Server server_;
  Setup setup_;
  Tools tools_;
  rest::Service service_;  // last: its work uses the rest
};

}  // namespace

Result<int> days_overdue(std::string_view issued, std::string_view rotate_every, std::chrono::system_clock::time_point now) {
  if (issued.empty() || rotate_every.empty()) return 0;
  std::tm parts{};
  const std::string day(issued);
  const char* end = strptime(day.c_str(), "%Y-%m-%d", &parts);
  if (!end || *end != '\0')
    return Error(Code::invalid_argument, fmt::format("key.issued: '{}' is no day, written as YYYY-MM-DD", rest::plain_line(issued, 40)));
  int days = 0;
  auto [rest, ec] = std::from_chars(rotate_every.data(), rotate_every.data() + rotate_every.size(), days);
  if (ec != std::errc() || days < 1 || days > 10'000 || std::string_view(rest, rotate_every.data() + rotate_every.size()) != "d")
    return Error(Code::invalid_argument,
                 fmt::format("key.rotate_every: '{}' is no number of days, such as 30d", rest::plain_line(rotate_every, 40)));
  const auto due = std::chrono::system_clock::from_time_t(timegm(&parts)) + std::chrono::hours(24) * days;
  return now < due ? 0 : static_cast<int>(std::chrono::duration_cast<std::chrono::hours>(now - due).count() / 24) + 1;
}

Result<std::unique_ptr<Builtin>> make_tavily(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  return std::unique_ptr<Builtin>(std::make_unique<TavilyServer>(*std::move(setup), options));
}

Result<std::vector<std::string>> check_tavily(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  std::vector<std::string> out;
  if (setup->key.reveal().empty()) out.emplace_back("there is no key; each call will say so");
  auto overdue = days_overdue(setup->key_issued, setup->key_rotate_every, std::chrono::system_clock::now());
  if (overdue && *overdue > 0)
    out.push_back(fmt::format("the key was to be replaced {} days ago (key.issued, key.rotate_every)", *overdue));
  return out;
}

}  // namespace servers::tavily
