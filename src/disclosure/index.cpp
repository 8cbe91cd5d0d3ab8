#include "disclosure/index.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "disclosure/postings.h"
#include "disclosure/question.h"
#include "disclosure/ranking.h"
#include "disclosure/words.h"

namespace disclosure {
namespace {

constexpr std::size_t kMostNearest = 5;
// So far down a list another server's tool is looked for when one has its share.
constexpr std::size_t kLookAhead = 100;

// A name that was said comes before all that words can say of a tool.
enum class Tier : std::uint8_t { words, name_within, name, exact_name };

struct Ranked {
  DocumentId document;
  Tier tier;
  float score;
};

// The tools that this caller may see; each is asked for once, when first met.
class Visible {
 public:
  Visible(const Postings& postings, const Query& query)
      : postings_(postings), query_(query), known_(postings.documents().size(), Known::no_idea) {}

  bool operator()(DocumentId id) {
    if (known_[id] == Known::no_idea) known_[id] = ask(postings_.documents()[id]) ? Known::yes : Known::no;
    return known_[id] == Known::yes;
  }

 private:
  enum class Known : std::uint8_t { no_idea, yes, no };

  bool ask(const Postings::Document& document) const {
    if (!document.taken || (!query_.server.empty() && document.server != query_.server)) return false;
    return !query_.may_see || query_.may_see(document.server, document.name);
  }

  const Postings& postings_;
  const Query& query_;
  std::vector<Known> known_;
};

// The scores of all tools for one question.
class Scorer {
 public:
  Scorer(const Postings& postings, Visible& visible) : postings_(postings), visible_(visible) {
    for (std::vector<float>* all : {&total_, &met_, &best_, &clause_, &clause_met_, &bonus_}) all->resize(postings.documents().size());
  }

  // Tools with a score above 0 that may be seen, in no order.
  std::vector<Ranked> score(const Question& question) {
    several_ = question.clauses > 1;
    std::size_t clause = 0;
    for (const Wish& wish : question.wishes) {
      if (wish.clause != clause) end_clause();
      clause = wish.clause;
      add(wish);
      ++wishes_;
      ++clause_wishes_;
    }
    end_clause();
    std::vector<Ranked> ranked;
    ranked.reserve(total_.size());
    float top = 0;
    for (DocumentId id = 0; id < total_.size(); ++id) {
      if (total_[id] <= 0) continue;
      total_[id] *= coordination(met_[id], wishes_);
      top = std::max(top, total_[id]);
      ranked.push_back({id, Tier::words, total_[id]});
    }
    for (Ranked& one : ranked) one.score += top * bonus_[one.document];
    return ranked;
  }

 private:
  static float coordination(float met, std::size_t wishes) {
    return static_cast<float>(1 + ranking::kCoordination * met / static_cast<double>(std::max<std::size_t>(wishes, 1)));
  }

  float rarity(std::size_t documents) const {
    auto all = static_cast<double>(postings_.size()), some = static_cast<double>(documents);
    return static_cast<float>(std::log(1 + (all - some + 0.5) / (some + 0.5)));
  }

  // Of a word and its synonyms the best counts, so that a tool gains nothing by having all of them.
  void add(const Wish& wish) {
    touched_.clear();
    std::size_t fewest = 0;  // a synonym is not rarer than the word that was said
    for (const Term& term : wish.terms) {
      std::span<const Impact> impacts = postings_.impacts(term.stem);
      if (&term == &wish.terms.front()) fewest = impacts.size();
      float factor = static_cast<float>(term.weight) * rarity(std::max(fewest, impacts.size()));
      for (const Impact& impact : impacts) {
        float& best = best_[impact.document];
        if (best == 0) touched_.push_back(impact.document);
        best = std::max(best, factor * impact.amount);
      }
    }
    for (DocumentId id : touched_) {
      if (clause_[id] == 0) in_clause_.push_back(id);
      clause_[id] += std::exchange(best_[id], 0.F);
      clause_met_[id] += 1;
    }
  }

  void end_clause() {
    std::vector<Ranked> top;
    for (DocumentId id : in_clause_) {
      float score = std::exchange(clause_[id], 0.F), met = std::exchange(clause_met_[id], 0.F);
      if (!visible_(id)) continue;
      total_[id] += score;
      met_[id] += met;
      if (several_) keep_best(top, {id, Tier::words, score * coordination(met, clause_wishes_)});
    }
    in_clause_.clear();
    clause_wishes_ = 0;
    for (std::size_t i = 0; i < top.size(); ++i)
      bonus_[top[i].document] += static_cast<float>(ranking::kClause / static_cast<double>(i + 1));
  }

  void keep_best(std::vector<Ranked>& top, const Ranked& one) const {
    bool full = top.size() == ranking::kMostOfClause;
    if (full && !before(postings_, one, top.back())) return;
    if (full) top.pop_back();
    top.insert(std::upper_bound(top.begin(), top.end(), one, [&](const Ranked& a, const Ranked& b) { return before(postings_, a, b); }),
               one);
  }

 public:
  static bool before(const Postings& postings, const Ranked& a, const Ranked& b) {
    if (a.tier != b.tier) return a.tier > b.tier;
    if (a.score != b.score) return a.score > b.score;
    const Postings::Document& one = postings.documents()[a.document];
    const Postings::Document& other = postings.documents()[b.document];
    return std::tie(one.server, one.name, one.public_name) < std::tie(other.server, other.name, other.public_name);
  }

 private:
  const Postings& postings_;
  Visible& visible_;
  std::vector<float> total_, met_, best_, clause_, clause_met_, bonus_;
  std::vector<DocumentId> touched_, in_clause_;
  std::size_t wishes_ = 0, clause_wishes_ = 0;
  bool several_ = false;
};

std::string_view trimmed(std::string_view text) {
  std::size_t from = text.find_first_not_of(" \t\r\n\"'`");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n\"'`") - from + 1);
}

// Tools whose name was said go up, those that no word met are added.
void add_named(const Postings& postings, const Query& query, const Question& question, Visible& visible, std::vector<Ranked>& ranked) {
  std::map<DocumentId, Tier> named;
  for (const std::string& name : question.names) {
    for (DocumentId id : postings.named(name)) named[id] = Tier::name_within;
  }
  std::string_view text = trimmed(query.text);
  for (DocumentId id : postings.named(question.whole_key)) {
    const Postings::Document& document = postings.documents()[id];
    bool exact = text == document.name || text == document.public_name;
    named[id] = exact ? Tier::exact_name : Tier::name;
  }
  if (named.empty()) return;
  for (Ranked& one : ranked) {
    auto found = named.find(one.document);
    if (found == named.end()) continue;
    one.tier = found->second;
    named.erase(found);
  }
  for (const auto& [id, tier] : named) {
    if (visible(id)) ranked.push_back({id, tier, 0});
  }
}

// The best, in order, so that no server has more than its share while others have something about as good.
std::vector<Hit> chosen(const Postings& postings, const Query& query, std::vector<Ranked>& ranked) {
  std::size_t sorted = std::min(ranked.size(), query.limit < ranked.size() ? query.limit + kLookAhead : ranked.size());
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(sorted), ranked.end(),
                    [&](const Ranked& a, const Ranked& b) { return Scorer::before(postings, a, b); });
  ranked.resize(sorted);
  std::size_t share = query.server.empty() ? (query.limit + 1) / 2 + 1 : query.limit;
  std::vector<std::size_t> used(postings.servers().size());
  auto full = [&](const Ranked& one) { return used[postings.documents()[one.document].server_number] >= share; };
  std::vector<Hit> hits;
  std::vector<const Ranked*> put_off;
  auto take = [&](const Ranked& one) {
    const Postings::Document& document = postings.documents()[one.document];
    hits.push_back({std::string(document.server), document.name, document.public_name, one.score});
    ++used[document.server_number];
  };
  std::size_t other = 0;  // the first behind the present one whose server is not full
  for (std::size_t i = 0; i < sorted && hits.size() < query.limit; ++i) {
    other = std::max(other, i + 1);
    while (other < sorted && full(ranked[other])) ++other;
    bool gives_way =
        full(ranked[i]) && ranked[i].tier == Tier::words && other < sorted && ranked[other].score >= ranking::kGivesWay * ranked[i].score;
    if (gives_way) {
      put_off.push_back(&ranked[i]);
    } else {
      take(ranked[i]);
    }
  }
  for (std::size_t i = 0; i < put_off.size() && hits.size() < query.limit; ++i) take(*put_off[i]);
  return hits;
}

std::set<std::string_view> trigrams(std::string_view key) {
  std::set<std::string_view> all;
  for (std::size_t i = 0; i + 3 <= key.size(); ++i) all.insert(key.substr(i, 3));
  return all;
}

// Servers that look most like what was asked; a caller who may see none of a server's tools does not hear of it.
std::vector<std::string> nearest_servers(const Postings& postings, const Query& query) {
  std::string asked = name_key(std::string_view(query.server + " " + query.text).substr(0, 200));
  std::set<std::string_view> wanted = trigrams(asked);
  std::vector<std::pair<double, std::string_view>> order;
  for (const auto& [id, documents] : postings.servers()) {
    std::string key = name_key(id);
    std::set<std::string_view> own = trigrams(key);
    auto common = static_cast<double>(std::count_if(own.begin(), own.end(), [&](std::string_view one) { return wanted.contains(one); }));
    order.emplace_back(-common / static_cast<double>(own.size() + 1), id);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::string> nearest;
  for (const auto& [unlike, id] : order) {
    if (nearest.size() == kMostNearest) break;
    const std::vector<DocumentId>& documents = postings.servers().find(id)->second;
    bool seen = std::any_of(documents.begin(), documents.end(),
                            [&](DocumentId document) { return !query.may_see || query.may_see(id, postings.documents()[document].name); });
    if (seen) nearest.emplace_back(id);
  }
  return nearest;
}

}  // namespace

struct Index::State {
  Postings postings;
};

Index::Index() : state_(std::make_unique<State>()) {}
Index::~Index() = default;
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;

void Index::set_server(std::string_view id, std::string_view instructions, std::span<const ToolView> tools) {
  state_->postings.set(id, instructions, tools);
}

void Index::remove_server(std::string_view id) { state_->postings.remove(id); }

std::size_t Index::size() const { return state_->postings.size(); }

Found Index::find(const Query& query) const {
  const Postings& postings = state_->postings;
  Question question = read_question(query, [&](const std::string& stem) { return postings.has(stem); });
  Visible visible(postings, query);
  std::vector<Ranked> ranked;
  if (question.wishes.empty() && !query.server.empty()) {
    // Nothing was asked but the server: all that it has.
    for (DocumentId id = 0; id < postings.documents().size(); ++id) {
      if (visible(id)) ranked.push_back({id, Tier::words, 0});
    }
  } else {
    ranked = Scorer(postings, visible).score(question);
    add_named(postings, query, question, visible, ranked);
  }
  Found found;
  found.matched = ranked.size();
  found.hits = chosen(postings, query, ranked);
  if (found.matched == 0) found.nearest = nearest_servers(postings, query);
  return found;
}

}  // namespace disclosure
