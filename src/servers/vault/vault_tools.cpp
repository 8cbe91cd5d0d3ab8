#include "servers/vault/vault_tools.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <map>
#include <utility>

#include "servers/filesystem/text.h"

namespace servers {

namespace {

using namespace vault_tool;

// Two digits behind the point are what a model can use.
double rounded(double number) { return std::round(number * 100) / 100; }

std::vector<Near> near(const std::vector<Candidate>& candidates) {
  std::vector<Near> out;
  for (const Candidate& one : candidates) out.push_back({one.path, one.name, rounded(one.likeness)});
  return out;
}

// The link as it should be written, when it should be written differently.
std::optional<std::string> better(const Link& link, const Resolution& resolution) {
  if (resolution.how != Resolution::How::alias) return std::nullopt;
  std::string inner(note_name(resolution.path));
  if (!link.heading.empty()) inner += "#" + link.heading;
  if (!link.block.empty()) inner += "#^" + link.block;
  return "[[" + inner + "|" + (link.alias.empty() ? resolution.alias : link.alias) + "]]";
}

std::string as_written(const Link& link) {
  std::string inner = link.target;
  if (!link.heading.empty()) inner += "#" + link.heading;
  if (!link.block.empty()) inner += "#^" + link.block;
  return link.markdown ? "[" + link.alias + "](" + inner + ")" : "[[" + inner + "]]";
}

std::string problem_of(const LinkTarget& target) {
  if (target.resolution.how == Resolution::How::nothing) return "there is no such note or file";
  if (target.resolution.how == Resolution::How::alias) return "only an alias; link to the note's name";
  if (target.heading_exists == false) return "the note has no such heading";
  if (target.block_exists == false) return "the note has no such block";
  return {};
}

// Of what search and list have in common.
template <class In>
Result<NoteFilter> filter_of(const In& in) {
  NoteFilter filter;
  filter.folder = in.folder->value_or("");
  filter.tag = in.tag->value_or("");
  if (const auto& where = *in.where) {
    std::size_t equals = where->find('=');
    filter.key = where->substr(0, equals);
    if (equals != std::string::npos) filter.value = where->substr(equals + 1);
    if (filter.key.empty()) return Error(Code::invalid_argument, "argument 'where' must be a key, or key=value");
  }
  filter.since = in.since->value_or("");
  filter.until = in.until->value_or("");
  for (auto [name, date] : {std::pair("since", &filter.since), std::pair("until", &filter.until)})
    if (!date->empty() && !is_day_or_longer(*date))
      return Error(Code::invalid_argument,
                   fmt::format("argument '{}' must be a day, a month or a year: YYYY-MM-DD, YYYY-MM or YYYY", name));
  return filter;
}

}  // namespace

Result<std::vector<Hit>> VaultTools::search(Search in) {
  auto filter = filter_of(in);
  if (!filter) return std::move(filter).error();
  auto hits = vault_.search(*in.query, *filter, static_cast<std::size_t>(*in.limit));
  if (!hits) return std::move(hits).error();
  std::vector<Hit> out;
  // Raw scores say nothing across vaults, and are tiny for words that most notes hold: they are told as shares of the best.
  const double best = hits->empty() || hits->front().score <= 0 ? 1 : hits->front().score;
  for (NoteHit& hit : *hits)
    out.push_back({std::move(hit.path), std::move(hit.title), std::move(hit.day), rounded(hit.score / best), std::move(hit.excerpt),
                   static_cast<int>(hit.line)});
  return out;
}

Result<Resolved> VaultTools::resolve_link(ResolveLink in) {
  Link link = parse_link(*in.link);
  auto target = vault_.resolve(link, in.from->value_or(""));
  if (!target) return std::move(target).error();
  Resolution& where = target->resolution;
  Resolved out;
  out.exists = where.how != Resolution::How::nothing;
  out.match = where.how == Resolution::How::exact ? "exact" : out.exists ? "alias" : "none";
  out.write_as = better(link, where);
  if (out.exists) out.path = std::move(where.path);
  out.heading_exists = target->heading_exists;
  out.block_exists = target->block_exists;
  out.others = std::move(where.others);
  out.candidates = near(target->candidates);
  return out;
}

Result<std::vector<BacklinkFrom>> VaultTools::backlinks(Backlinks in) {
  auto links = vault_.backlinks(*in.path, static_cast<std::size_t>(*in.limit));
  if (!links) return std::move(links).error();
  std::vector<BacklinkFrom> out;
  for (Backlink& one : *links) out.push_back({std::move(one.path), std::move(one.title), static_cast<int>(one.line), std::move(one.link)});
  return out;
}

Result<Nearby> VaultTools::neighbours(Neighbours in) {
  auto found = vault_.neighbours(*in.path, *in.steps, static_cast<std::size_t>(*in.limit));
  if (!found) return std::move(found).error();
  Nearby out{{}, std::move(found->missing), found->more};
  for (Neighbour& one : found->notes) {
    const char* link = one.to && one.from ? "both" : one.to ? "to" : "from";
    out.notes.push_back({std::move(one.path), std::move(one.title), one.steps, std::move(one.via), link});
  }
  return out;
}

Result<std::string> VaultTools::read(Read in) {
  auto note = vault_.read(*in.path, in.heading->value_or(""));
  if (!note) return std::move(note).error();
  return std::move(note->text);
}

Result<Page> VaultTools::list(List in) {
  auto filter = filter_of(in);
  if (!filter) return std::move(filter).error();
  auto page = vault_.list(*filter, static_cast<std::size_t>(*in.limit), in.cursor->value_or(""));
  if (!page) return std::move(page).error();
  Page out;
  for (NoteEntry& one : page->notes) {
    auto seconds = static_cast<std::time_t>(one.modified_ns / 1'000'000'000);
    out.notes.push_back(
        {std::move(one.path), std::move(one.title), std::move(one.tags), fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds))});
  }
  if (!page->next_cursor.empty()) out.next_cursor = std::move(page->next_cursor);
  return out;
}

Result<Checked> VaultTools::check_links(CheckLinks in) {
  constexpr std::size_t kMostBroken = 100;
  Note note = parse_note(*in.text);
  Checked out{static_cast<int>(note.links.size()), {}};
  for (const Link& link : note.links) {
    if (out.broken.size() >= kMostBroken) break;
    std::string problem;
    std::vector<Near> candidates;
    if (link.target.empty()) {
      // Within the draft itself.
      if (!link.heading.empty() && !has_heading(note, link.heading)) problem = "the text has no such heading";
      if (!link.block.empty() && find_block(*in.text, link.block).empty()) problem = "the text has no such block";
    } else {
      auto target = vault_.resolve(link, in.from->value_or(""));
      if (!target) return std::move(target).error();
      problem = problem_of(*target);
      candidates = near(target->candidates);
      if (target->resolution.how == Resolution::How::alias) candidates.push_back({target->resolution.path, target->resolution.alias, 1});
    }
    if (!problem.empty()) out.broken.push_back({as_written(link), static_cast<int>(link.line), std::move(problem), std::move(candidates)});
  }
  return out;
}

Result<Written> VaultTools::written(Placed placed, const std::string& text) {
  constexpr std::size_t kMostTold = 20;
  Written out{placed.path, static_cast<int>(placed.line), {}};
  for (const Link& link : parse_note(text).links) {
    if (link.target.empty() || out.broken_links.size() >= kMostTold) continue;
    // The note is written: what cannot be looked up now is no failure of that.
    auto target = vault_.resolve(link, placed.path);
    if (target && !problem_of(*target).empty()) out.broken_links.push_back(as_written(link));
  }
  return out;
}

Result<Written> VaultTools::create(Create in) {
  auto placed = vault_.create(*in.path, *in.text);
  if (!placed) return std::move(placed).error();
  return written(*std::move(placed), *in.text);
}

Result<Written> VaultTools::append(Append in) {
  auto placed = vault_.append(*in.path, *in.text, in.heading->value_or(""));
  if (!placed) return std::move(placed).error();
  return written(*std::move(placed), *in.text);
}

}  // namespace servers
