#include "servers/tavily/tools.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "servers/rest/text.h"

namespace servers::tavily {
namespace {

using mcp::JsonView;
using mcp::ToolResult;
using rest::Code;
using rest::Error;
using rest::Result;

constexpr std::size_t kOneSnippet = 1'500;
constexpr std::size_t kOnePage = 20'000;
constexpr std::size_t kMostText = 100'000;
const rest::ApiName kApi{"Tavily", "the API key"};

void add_list(mcp::JsonWriter& out, std::string_view name, const std::optional<arguments::Texts>& values) {
  if (!values || values->empty()) return;
  out.key(name).array();
  for (const std::string& value : *values) out.value(value);
  out.end();
}

std::string cut_text(std::string_view text, std::size_t most) {
  const std::string_view kept = rest::cut(text, most);
  return kept.size() == text.size() ? std::string(kept) : fmt::format("{}… ({} more bytes)", kept, text.size() - kept.size());
}

template <class In>
void add_walk(mcp::JsonWriter& out, const In& in) {
  out.field("url", *in.url).field("max_depth", *in.max_depth).field("max_breadth", *in.max_breadth).field("limit", *in.limit);
  if (in.instructions->has_value()) out.field("instructions", **in.instructions);
  add_list(out, "select_paths", *in.select_paths);
  add_list(out, "exclude_paths", *in.exclude_paths);
  out.field("allow_external", *in.allow_external);
}

// By the vendor's prices: so many credits for each of so many pages.
std::int64_t for_pages(std::int64_t pages, std::int64_t each, std::int64_t price) { return (pages + each - 1) / each * price; }

Error plan_limit(const rest::Answer& answer) {
  return {Code::rate_limited,
          fmt::format("Tavily answered {} (\"{}\"): the credits of the plan or of the key are used up; raise them in Tavily's "
                      "console, or wait until they are renewed",
                      answer.status, rest::said(answer))};
}

}  // namespace

std::string cited(const mcp::Json& body) {
  std::string out;
  if (auto answer = body["answer"].string(); answer && !answer->empty()) out.append("Answer: ").append(*answer).append("\n\n");
  std::size_t number = 0;
  std::size_t left = 0;
  body["results"].each_element([&](JsonView one) {
    ++number;
    if (out.size() > kMostText) {
      ++left;
      return;
    }
    // A map's results are plain addresses.
    if (auto url = one.string()) {
      out.append(fmt::format("[{}] {}\n", number, rest::plain_line(*url, 2000)));
      return;
    }
    const std::string title = rest::plain_line(one["title"].string_or(""), 200);
    const std::string date = rest::plain_line(one["published_date"].string_or(""), 40);
    out.append(fmt::format("[{}] {}{}{}{}\n", number, title, title.empty() ? "" : " — ", rest::plain_line(one["url"].string_or(""), 2000),
                           date.empty() ? "" : fmt::format(" ({})", date)));
    const std::string_view raw = one["raw_content"].string_or("");
    const std::string_view content = one["content"].string_or("");
    const std::string text = raw.empty() ? cut_text(content, kOneSnippet) : cut_text(raw, kOnePage);
    if (!text.empty()) out.append(text).append("\n\n");
  });
  body["failed_results"].each_element([&](JsonView one) {
    out.append(fmt::format("Failed: {} ({})\n", rest::plain_line(one["url"].string_or(""), 2000),
                           rest::plain_line(one["error"].string_or("no reason"), 200)));
  });
  if (number == 0 && out.empty()) out = "Nothing was found.\n";
  if (left > 0) out.append(fmt::format("({} more results were left out; ask for fewer)\n", left));
  return out;
}

Tools::Answered Tools::search(arguments::Search in, std::stop_token stop) {
  mcp::JsonWriter body;
  body.object().field("query", *in.query).field("search_depth", (*in.search_depth).text()).field("topic", (*in.topic).text());
  body.field("max_results", *in.max_results).field("include_answer", *in.include_answer);
  if (*in.include_raw_content) body.field("include_raw_content", "markdown");
  if (in.time_range->has_value()) body.field("time_range", (*in.time_range)->text());
  if (in.country->has_value()) body.field("country", **in.country);
  add_list(body, "include_domains", *in.include_domains);
  add_list(body, "exclude_domains", *in.exclude_domains);
  body.field("include_usage", true).end();
  const std::int64_t estimate = *in.search_depth == "advanced" ? 2 : 1;
  co_return co_await ask("/search", body.text(), estimate, std::move(stop));
}

Tools::Answered Tools::extract(arguments::Extract in, std::stop_token stop) {
  mcp::JsonWriter body;
  body.object();
  add_list(body, "urls", *in.urls);
  body.field("extract_depth", (*in.extract_depth).text()).field("format", (*in.format).text()).field("include_usage", true).end();
  const auto pages = static_cast<std::int64_t>(in.urls->size());
  const std::int64_t estimate = for_pages(pages, 5, *in.extract_depth == "advanced" ? 2 : 1);
  co_return co_await ask("/extract", body.text(), estimate, std::move(stop));
}

Tools::Answered Tools::crawl(arguments::Crawl in, std::stop_token stop) {
  mcp::JsonWriter body;
  body.object();
  add_walk(body, in);
  body.field("extract_depth", (*in.extract_depth).text()).field("format", (*in.format).text()).field("include_usage", true).end();
  const std::int64_t estimate =
      for_pages(*in.limit, 10, in.instructions->has_value() ? 2 : 1) + for_pages(*in.limit, 5, *in.extract_depth == "advanced" ? 2 : 1);
  co_return co_await ask("/crawl", body.text(), estimate, std::move(stop));
}

Tools::Answered Tools::map(arguments::Map in, std::stop_token stop) {
  mcp::JsonWriter body;
  body.object();
  add_walk(body, in);
  body.field("include_usage", true).end();
  const std::int64_t estimate = for_pages(*in.limit, 10, in.instructions->has_value() ? 2 : 1);
  co_return co_await ask("/map", body.text(), estimate, std::move(stop));
}

Tools::Answered Tools::ask(std::string path, std::string body, std::int64_t estimate, std::stop_token stop) {
  if (setup_.key.reveal().empty())
    co_return Error(Code::unauthenticated, fmt::format("this call needs a Tavily API key, and none is set; {}", setup_.remedy));
  const std::string question = path + body;
  if (const Kept* kept = find_kept(question)) {
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(base::Timers::now() - kept->since).count();
    co_return ToolResult::text(fmt::format("{}(kept from {} s ago; no credits)", kept->text, age));
  }
  const auto now = std::chrono::system_clock::now();
  co_await spending_.reserve(estimate, now);
  Result<rest::Answer> answer = co_await send(path, std::move(body), std::move(stop)).result();
  const bool good = answer && answer->good();
  Result<mcp::Json> read = good ? rest::parse_body(*answer, kApi) : Result<mcp::Json>(Error());
  // A call that may have been carried out counts as what it may have cost.
  std::int64_t credits = answer && !good ? 0 : estimate;
  if (read) credits = (*read)["usage"]["credits"].integer_or(estimate);
  spending_.settle(estimate, credits, now);
  base::log::info("a call of Tavily", {{"path", path}, {"credits", credits}, {"today", spending_.today()}});
  if (!answer) co_return std::move(answer).error();
  if (answer->status == 432 || answer->status == 433) co_return plan_limit(*answer);
  if (!good) co_return rest::failure_of(*answer, kApi, now);
  if (!read) co_return std::move(read).error();
  std::string text = cited(*read);
  keep(question, text);
  co_return ToolResult::text(text + footer(credits));
}

base::Task<rest::Answer> Tools::send(std::string path, std::string body, std::stop_token stop) {
  rest::Request request;
  request.method = "POST";
  request.url = client_->options().base_url + path;
  request.headers.emplace_back("Content-Type", "application/json");
  request.secrets.emplace_back("Authorization", rest::Secret("Bearer " + setup_.key.reveal()));
  request.body = std::move(body);
  const rest::Request kept = request;
  rest::Answer answer = co_await client_->fetch(std::move(request), std::move(stop));
  answer.body = rest::without_secrets(std::move(answer.body), kept);
  co_return std::move(answer);
}

std::string Tools::footer(std::int64_t credits) const {
  return fmt::format("({} credit{}; {} today)", credits, credits == 1 ? "" : "s", spending_.today());
}

const Tools::Kept* Tools::find_kept(const std::string& question) {
  auto found = by_question_.find(question);
  if (found == by_question_.end() || base::Timers::now() - found->second->since >= setup_.cache) return nullptr;
  return &*found->second;
}

void Tools::keep(std::string question, std::string text) {
  if (setup_.cache.count() == 0 || text.size() > kMostBytes / 8) return;
  if (auto found = by_question_.find(question); found != by_question_.end()) {
    bytes_ -= found->second->text.size();
    kept_.erase(found->second);
    by_question_.erase(found);
  }
  bytes_ += text.size();
  kept_.push_front({question, std::move(text), base::Timers::now()});
  by_question_.emplace(std::move(question), kept_.begin());
  while (kept_.size() > kMostKept || bytes_ > kMostBytes) {
    bytes_ -= kept_.back().text.size();
    by_question_.erase(kept_.back().question);
    kept_.pop_back();
  }
}

}  // namespace servers::tavily
