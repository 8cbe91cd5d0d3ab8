#include "trust/scan/text_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "trust/scan/decode.h"
#include "trust/scan/hidden.h"
#include "trust/scan/language.h"
#include "trust/scan/markup.h"

namespace trust::scan {
namespace {

constexpr std::size_t kMostFindings = 64;
constexpr std::size_t kMostDecodedBytes = 256 * 1024;
constexpr int kDeepest = 3;
constexpr std::size_t kMostRuns = 16;
// What was hidden needs less to be taken for an order than what stands in the open.
constexpr int kHiddenReview = 2;
constexpr int kHiddenBlock = 5;
// So many characters without width spell something.
constexpr std::size_t kSpelling = 8;
// Shorter ones of ASCII alone cannot say much.
constexpr std::size_t kShortest = 8;

std::string_view shows(Hiding kind) {
  switch (kind) {
    case Hiding::control: return "a control character";
    case Hiding::escape: return "an escape sequence that drives a terminal";
    case Hiding::tag: return "tag characters, which a person does not see and a model reads";
    case Hiding::direction: return "a change of direction in a text that has none";
    case Hiding::reversal: return "a change of direction that shows letters in another order than they are read";
    case Hiding::zero_width: return "characters without width";
    case Hiding::selector: return "variation selectors where nothing varies";
    case Hiding::soft_hyphen: return "soft hyphens, which split words for a program and not for a person";
    case Hiding::filler: return "letters without a shape";
    case Hiding::mark: return "combining marks that cover letters";
    case Hiding::private_use: return "characters for private use";
    case Hiding::unassigned: return "characters that do not exist";
    case Hiding::separator: return "a separator that is shown as a line break";
    case Hiding::styled: return "mathematical or enclosed letters as a text";
    case Hiding::mixed: return "a word with letters of another alphabet that look like Latin ones";
    case Hiding::broken: return "bytes that are no UTF-8";
  }
  return "";
}

Tier tier_of(const HiddenRun& run) {
  switch (run.kind) {
    case Hiding::tag:
    case Hiding::reversal:
    case Hiding::escape: return Tier::block;
    case Hiding::zero_width:
    case Hiding::selector: return run.count >= kSpelling ? Tier::block : Tier::review;
    default: return Tier::review;
  }
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x7F && (c >= 0x20 || c == '\n' || c == '\t' || c == '\r'); });
}

std::string reversed(std::string_view text) { return {text.rbegin(), text.rend()}; }

bool is_name_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

}  // namespace

void TextScan::add(Finding finding) {
  if (findings_.size() < 4 * kMostFindings) findings_.push_back(std::move(finding));
}

std::vector<Finding> TextScan::take() {
  std::ranges::stable_sort(findings_, [](const Finding& a, const Finding& b) { return a.tier > b.tier; });
  if (findings_.size() > kMostFindings) findings_.resize(kMostFindings);
  return std::move(findings_);
}

void TextScan::look_at(std::string_view text, std::string_view where) {
  const bool plain = is_ascii(text);
  if (plain && text.size() < kShortest) return;
  std::vector<Passage> orders;
  if (plain) {
    orders = find_orders(text);
  } else {
    look_at_characters(text, where);
    const Plain read = plain_of(text);
    orders = find_orders(read.text);
    for (Passage& passage : orders) {
      passage.begin = read.origin(passage.begin);
      passage.end = read.origin(passage.end);
    }
  }
  for (Passage& passage : orders)
    add({std::move(passage.id), passage.score >= kBlockScore ? Tier::block : Tier::review, std::string(where), passage.begin, passage.end,
         fmt::format("{} of {}: {}", passage.score, kBlockScore, passage.reason)});
  look_at_markup(text, where);
  look_at_encoded(text, where);
  if (!neighbours_.empty()) look_at_names(text, where);
}

int TextScan::hidden_score(std::string_view text, int depth) {
  int score = 0;
  for (const Passage& passage : find_orders(text, kHiddenReview)) score = std::max(score, passage.score);
  if (depth >= kDeepest) return score;
  for (const Decoded& inner : find_encoded(text)) {
    if (decoded_ + inner.text.size() > kMostDecodedBytes) break;
    decoded_ += inner.text.size();
    score = std::max(score, hidden_score(inner.text, depth + 1));
  }
  return score;
}

void TextScan::look_at_characters(std::string_view text, std::string_view where) {
  const std::vector<HiddenRun> runs = find_hidden(text, 1024);
  if (runs.empty()) return;
  const Plain read = plain_of(text);
  const bool spells = !read.spelled.empty() && hidden_score(read.spelled, 0) >= kHiddenReview;
  // A word that is cut by what nobody sees, and an order without it.
  const bool split = hidden_score(read.text, kDeepest) >= kReviewScore;
  std::size_t added = 0;
  for (const HiddenRun& run : runs) {
    if (++added > kMostRuns) break;
    Tier tier = tier_of(run);
    std::string reason = fmt::format("{}{}", shows(run.kind), run.count > 1 ? fmt::format(" ({} of them)", run.count) : "");
    if (spells && (run.kind == Hiding::tag || run.kind == Hiding::selector)) {
      tier = Tier::block;
      reason += "; they spell an order";
    } else if (split && run.kind != Hiding::direction) {
      tier = Tier::block;
      reason += "; without them the text gives orders";
    }
    if (run.kind == Hiding::reversal && hidden_score(reversed(text.substr(run.end, 4096)), kDeepest) >= kHiddenReview)
      reason += "; read backwards it gives orders";
    add({std::string(hiding_id(run.kind)), tier, std::string(where), run.begin, run.end, std::move(reason)});
  }
}

void TextScan::look_at_markup(std::string_view text, std::string_view where) {
  for (Finding& found : find_markup(text)) {
    // Of padding, what stands behind it.
    const bool padding = found.id == "padding";
    const std::string_view inside =
        padding ? text.substr(found.end, 2048) : text.substr(found.begin, std::min<std::size_t>(found.end - found.begin + 1024, 4096));
    if (hidden_score(inside, 0) >= kHiddenBlock) {
      found.tier = Tier::block;
      found.reason += ", and it gives orders";
    }
    found.where = where;
    add(std::move(found));
  }
}

void TextScan::look_at_encoded(std::string_view text, std::string_view where) {
  for (const Decoded& piece : find_encoded(text)) {
    if (decoded_ + piece.text.size() > kMostDecodedBytes) return;
    decoded_ += piece.text.size();
    int score = hidden_score(piece.text, 1);
    // What markup or characters hide inside of an encoding is hidden twice.
    if (!find_hidden(piece.text, 1).empty() || !find_markup(piece.text).empty()) score += kHiddenReview;
    if (score < kHiddenReview) continue;
    add({fmt::format("encoded.{}", piece.way), score >= kHiddenBlock ? Tier::block : Tier::review, std::string(where), piece.begin,
         piece.end, fmt::format("{} that decodes to a text which gives orders", piece.way)});
  }
}

void TextScan::look_at_names(std::string_view text, std::string_view where) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_name_letter(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_name_letter(text[end])) ++end;
    if (const Neighbours::Tool* tool = end - at <= 128 ? neighbours_.find_foreign(text.substr(at, end - at), server_) : nullptr)
      add({"cross.reference", Tier::review, std::string(where), at, end,
           fmt::format("names {} of the server {}", tool->name, tool->server)});
    at = end;
  }
}

}  // namespace trust::scan
