#include "trust/lookalike/likeness.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "trust/lookalike/confusables.h"

namespace trust {
namespace {

using Form = NamedPackage::Form;
using Words = std::span<const std::string>;

// Signs, the strongest first: where several names are near, the one with the strongest sign is named.
enum class Sign { confusable, separators, letters, owner, scope, order, words, dropped, count };

std::string_view sign_name(Sign sign) {
  switch (sign) {
    case Sign::confusable: return "confusable";
    case Sign::separators: return "separators";
    case Sign::letters: return "letters";
    case Sign::owner: return "owner";
    case Sign::scope: return "scope";
    case Sign::order: return "order";
    case Sign::words: return "words";
    case Sign::dropped: return "dropped";
    case Sign::count: break;
  }
  return "letters";
}

// So many slips are still a slip in a word of this length.
std::size_t slips_in(std::size_t length) { return length >= 10 ? 2 : length >= 4 ? 1 : 0; }

std::string joined(Words words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : "-").append(word);
  return out;
}

// What two names have in common at their ends and every name has says nothing: `server-github` and `server-gitlab` are as near as `github`
// and `gitlab`.
void cut_common(Words& a, Words& b) {
  while (a.size() > 1 && b.size() > 1 && a.front() == b.front() && generic_word(a.front())) {
    a = a.subspan(1);
    b = b.subspan(1);
  }
  while (a.size() > 1 && b.size() > 1 && a.back() == b.back() && generic_word(a.back())) {
    a = a.first(a.size() - 1);
    b = b.first(b.size() - 1);
  }
}

bool near_by_letters(const NamedPackage& name, const NamedPackage& known) {
  constexpr std::size_t kMost = 2;
  const std::size_t longer = std::max(name.bare.size(), known.bare.size());
  if (longer - std::min(name.bare.size(), known.bare.size()) > kMost) return false;
  Words a = name.words;
  Words b = known.words;
  cut_common(a, b);
  const std::string mine = joined(a);
  const std::string theirs = joined(b);
  std::size_t most = slips_in(theirs.size());
  // A short word that every name has is not another server's name when a letter of it is wrong.
  if (most == 0 && std::ranges::all_of(b, generic_word)) most = 1;
  return (most > 0 && slips(mine, theirs, most) <= most) || single_slip(mine, theirs);
}

// The owners are not the same, and one could be taken for the other.
bool near_scope(const NamedPackage& name, const NamedPackage& known) {
  if (name.scope_skeleton == known.scope_skeleton) return true;
  std::string_view a = name.scope;
  std::string_view b = known.scope;
  if (name.ecosystem == Ecosystem::remote) {
    // Hosts below one domain have one owner.
    const auto domain = [](std::string_view host) {
      const std::size_t last = host.rfind('.');
      const std::size_t before = last == host.npos || last == 0 ? host.npos : host.rfind('.', last - 1);
      return before == host.npos ? host : host.substr(before + 1);
    };
    if (domain(a) == domain(b)) return false;
  }
  // The same for the places that have many owners: `io.github.`, `ghcr.io/`.
  for (;;) {
    const std::size_t end = a.find_first_of("./");
    if (end == a.npos || a.substr(0, end + 1) != b.substr(0, end + 1)) break;
    a.remove_prefix(end + 1);
    b.remove_prefix(end + 1);
  }
  const std::size_t most = slips_in(b.size());
  return (most > 0 && slips(a, b, most) <= most) || single_slip(a, b);
}

// One word at an end is missing. What is left must still say something, or stand below the same owner.
bool word_dropped(const NamedPackage& name, const NamedPackage& known) {
  const std::size_t left = known.words.size() - 1;
  if (name.words.size() != left || left < (name.form == Form::scoped ? 1 : 2)) return false;
  if (name.scope.empty() && name.generic()) return false;
  return std::ranges::equal(name.words, Words(known.words).first(left)) || std::ranges::equal(name.words, Words(known.words).subspan(1));
}

bool same_words(std::vector<std::string> a, std::vector<std::string> b) {
  if (a.size() != b.size() || a.size() < 2) return false;
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

// Names of one owner, or without any.
std::optional<Sign> compare_bare(const NamedPackage& name, const NamedPackage& known) {
  if (name.moniker == known.moniker) return Sign::separators;
  if (name.bare_skeleton == known.bare_skeleton) return Sign::confusable;
  if (near_by_letters(name, known)) return Sign::letters;
  if (same_words(name.words, known.words)) return Sign::order;
  if (name.core == known.core && (!name.core.empty() || !name.scope.empty())) return Sign::words;
  if (word_dropped(name, known)) return Sign::dropped;
  return std::nullopt;
}

std::optional<Sign> compare(const NamedPackage& name, const NamedPackage& known) {
  if (name.form == known.form && name.scope == known.scope) return compare_bare(name, known);
  if (name.skeleton == known.skeleton) return beyond_ascii(name.id) || name.form == known.form ? Sign::confusable : Sign::owner;
  if (name.form != known.form) {
    const bool one_scoped = name.form != Form::path && known.form != Form::path;
    const bool same_rest = name.bare_skeleton == known.bare_skeleton && !name.generic();
    return one_scoped && same_rest ? std::optional(Sign::owner) : std::nullopt;
  }
  if (name.bare_skeleton == known.bare_skeleton && near_scope(name, known)) return Sign::scope;
  if (name.ecosystem == Ecosystem::remote) return std::nullopt;
  if (name.all_words.size() > 2 && name.all_words == known.all_words) return Sign::order;
  if (name.bare == known.bare && name.all_core.size() > 1 && name.all_core == known.all_core) return Sign::words;
  return std::nullopt;
}

std::string reason_of(Sign sign, const NamedPackage& name, std::string_view known) {
  switch (sign) {
    case Sign::confusable: {
      const char* why = beyond_ascii(name.written) ? "; it has characters that names of packages do not have" : "";
      return fmt::format("looks like {}{}", known, why);
    }
    case Sign::separators: return fmt::format("is {} but for - _ and .", known);
    case Sign::letters: return fmt::format("is {} but for a letter or two", known);
    case Sign::owner: return fmt::format("is {} with its owner left out, put in or written otherwise", known);
    case Sign::scope: return fmt::format("is {} of an owner that looks like its own", known);
    case Sign::order: return fmt::format("has the words of {} in another order", known);
    case Sign::words: return fmt::format("differs from {} only by words that any name may have", known);
    case Sign::dropped: return fmt::format("is {} with a word left out", known);
    case Sign::count: break;
  }
  return {};
}

// What says something without any known name.
std::optional<Likeness> judge_alone(const NamedPackage& name) {
  if (beyond_ascii(name.written))
    return Likeness{Likeness::Kind::review, "confusable", {}, "has characters that names of packages do not have"};
  if (name.form == Form::plain && name.generic())
    return Likeness{Likeness::Kind::review,
                    "generic",
                    {},
                    "is made of words that every server's name may have, so that it can be taken for any of them"};
  return std::nullopt;
}

}  // namespace

std::string_view likeness_name(Likeness::Kind kind) {
  switch (kind) {
    case Likeness::Kind::known: return "known";
    case Likeness::Kind::clean: return "clean";
    case Likeness::Kind::review: return "review";
  }
  return "review";
}

Likeness judge_name(const NamedPackage& name, const KnownList& list, Itself itself) {
  const std::size_t times = list.count(name);
  if (times > (itself == Itself::left_out ? 1 : 0)) {
    Likeness known{Likeness::Kind::known, {}, {}, "is on the list of known names"};
    for (const auto& entry : list.of(name.ecosystem))
      if (entry.name.id == name.id) {
        known.nearest = entry.name.written;
        if (!entry.sources.empty()) known.reason += fmt::format(" ({})", entry.sources);
        break;
      }
    return known;
  }
  Sign best = Sign::count;
  const NamedPackage* nearest = nullptr;
  std::size_t distance = 0;
  for (const auto& entry : list.of(name.ecosystem)) {
    if (entry.name.id == name.id) continue;
    const std::optional<Sign> sign = compare(name, entry.name);
    if (!sign || *sign > best) continue;
    constexpr std::size_t kFar = 16;
    const std::size_t far = slips(name.id, entry.name.id, kFar);
    if (*sign == best && far >= distance) continue;
    best = *sign;
    nearest = &entry.name;
    distance = far;
  }
  auto alone = judge_alone(name);
  if (!nearest) return alone ? *std::move(alone) : Likeness{Likeness::Kind::clean, {}, {}, "is like no known name"};
  return {Likeness::Kind::review, std::string(sign_name(best)), nearest->written, reason_of(best, name, nearest->written)};
}

}  // namespace trust
