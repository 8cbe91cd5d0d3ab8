#include "protocol/json_schema/evaluate.h"

#include <algorithm>

#include "base/json.h"
#include "protocol/json_schema/documents.h"

namespace protocol::schema {

using boost::json::value;

namespace {

constexpr std::size_t kMostShown = 200;

std::string_view view(const boost::json::string& s) { return {s.data(), s.size()}; }

Types type_bits(const value& v) {
  switch (v.kind()) {
    case boost::json::kind::null: return kNull;
    case boost::json::kind::bool_: return kBoolean;
    case boost::json::kind::int64:
    case boost::json::kind::uint64: return kInteger;
    case boost::json::kind::double_: return is_integer(Number::of(v.get_double())) ? kInteger : kNumber;
    case boost::json::kind::string: return kString;
    case boost::json::kind::array: return kArray;
    case boost::json::kind::object: return kObject;
  }
  return kNull;
}

// `a string`, `a string or null`.
std::string type_names(Types types) {
  if (types & kNumber) types = static_cast<Types>(types & ~kInteger);
  constexpr std::pair<Types, std::string_view> kNames[] = {
      {kString, "a string"}, {kInteger, "an integer"}, {kNumber, "a number"}, {kBoolean, "true or false"},
      {kArray, "a list"},    {kObject, "an object"},   {kNull, "null"}};
  std::string out;
  for (const auto& [bit, name] : kNames)
    if (types & bit) out.append(out.empty() ? "" : " or ").append(name);
  return out;
}

// A value of a schema, short.
std::string shown(const value& v) {
  if (auto n = Number::of(v)) return n->text();
  if (const auto* s = v.if_string()) return s->size() <= 60 ? base::quoted(view(*s)) : base::quoted(view(*s).substr(0, 60)) + "…";
  if (v.is_null()) return "null";
  if (v.is_bool()) return v.get_bool() ? "true" : "false";
  return v.is_array() ? "a certain list" : "a certain object";
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string Path::pointer() const {
  std::vector<const Path*> steps;
  for (const Path* at = this; at->parent; at = at->parent) steps.push_back(at);
  std::string out;
  for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
    out = (*at)->item ? step(out, std::to_string((*at)->index)) : step(out, (*at)->key.substr(0, kMostShown));
  }
  return out;
}

void Seen::add(std::size_t index) {
  if (index < 64) {
    few_ |= std::uint64_t{1} << index;
    return;
  }
  if (many_.empty()) many_.resize((size_ + 63) / 64);
  many_[index / 64] |= std::uint64_t{1} << (index % 64);
}
void Seen::add(const Seen& other) {
  all_ = all_ || other.all_;
  few_ |= other.few_;
  if (other.many_.empty()) return;
  if (many_.empty()) many_.resize(other.many_.size());
  for (std::size_t i = 0; i < many_.size(); ++i) many_[i] |= other.many_[i];
}
bool Seen::has(std::size_t index) const {
  if (all_) return true;
  if (index < 64) return (few_ >> index & 1) != 0;
  return !many_.empty() && (many_[index / 64] >> (index % 64) & 1) != 0;
}

void Report::add(const Path& path, std::string_view keyword, std::string message) {
  if (!full()) problems_.push_back({path.pointer(), std::string(keyword), std::move(message)});
}
void Report::add_all(Report&& other) {
  for (auto& problem : other.problems_)
    if (!full()) problems_.push_back(std::move(problem));
}

bool Evaluation::spend(std::size_t steps) {
  if (why_) return false;
  steps_ += steps;
  if (steps_ <= program_.limits.steps) return true;
  why_ = "too complex: the limit on the steps of one validation is reached";
  return false;
}

bool Evaluation::wrong(const At& at, std::string_view keyword, std::string message) {
  at.report->add(at.path, keyword, std::move(message));
  return false;
}

bool Evaluation::check(NodeId id, const value& v, const Path& path, const Scope* scope, Seen* seen, Report* report) {
  const Node& node = program_.nodes[id];
  if (!spend(1)) return false;
  if (node.never) {
    if (report) report->add(path, "", "is not allowed");
    return false;
  }
  if (nesting_ >= program_.limits.nesting) {
    why_ = "too complex: the schema refers to itself too many times for this value";
    return false;
  }
  ++nesting_;
  Scope own{scope, node.resource};
  const Scope* inner = scope && scope->resource == node.resource ? scope : &own;
  bool good;
  if (node.has_unevaluated()) {
    const auto* array = v.if_array();
    const auto* object = v.if_object();
    Seen mine(array ? array->size() : object ? object->size() : 0);
    const At at{v, path, inner, &mine, report};
    good = parts(node, at);
    if (good && array && node.array) good = unevaluated_items(*node.array, *array, at);
    if (good && object && node.object) good = unevaluated_members(*node.object, *object, at);
    if (good && seen) seen->add(mine);
  } else {
    good = parts(node, At{v, path, inner, seen, report});
  }
  --nesting_;
  return good && !why_;
}

bool Evaluation::parts(const Node& node, const At& at) {
  if (node.types && !type(node, at)) return false;  // what else is wrong follows from that
  if ((node.constant || node.options) && !listed(node, at)) return false;
  bool good = true;
  auto more = [&](bool result) {
    good = good && result;
    return good || go_on(at);
  };
  if (node.number)
    if (auto n = Number::of(at.value); n && !more(number(*node.number, *n, at))) return false;
  if (node.string)
    if (const auto* s = at.value.if_string(); s && !more(string(*node.string, view(*s), at))) return false;
  if (node.array)
    if (const auto* a = at.value.if_array(); a && !more(array(*node.array, *a, at))) return false;
  if (node.object)
    if (const auto* o = at.value.if_object(); o && !more(object(*node.object, *o, at))) return false;
  if (node.logic && !more(logic(*node.logic, at))) return false;
  return good;
}

bool Evaluation::type(const Node& node, const At& at) {
  Types bits = type_bits(at.value);
  if (bits & node.types) return true;
  return at.report ? wrong(at, "type", "must be " + type_names(node.types) + ", and is " + type_names(bits)) : false;
}

bool Evaluation::listed(const Node& node, const At& at) {
  std::size_t steps = 0;
  if (node.constant && !same(*node.constant, at.value, steps)) {
    (void)spend(steps);
    return at.report ? wrong(at, "const", "must be " + shown(*node.constant)) : false;
  }
  if (!node.options) return spend(steps);
  for (const auto& option : *node.options)
    if (same(option, at.value, steps)) return spend(steps);
  (void)spend(steps);
  if (!at.report) return false;
  std::string all;
  std::size_t count = 0;
  for (const auto& option : *node.options) {
    if (++count > 10) {
      all += ", …";
      break;
    }
    all.append(all.empty() ? "" : ", ").append(shown(option));
  }
  return wrong(at, "enum", node.options->empty() ? "is not allowed: no value is" : "must be one of " + all);
}

bool Evaluation::number(const NumberRules& rules, const Number& n, const At& at) {
  bool good = true;
  auto bound = [&](const std::optional<Number>& limit, std::string_view keyword, std::string_view words, auto&& holds) {
    if (!limit || holds(compare(n, *limit)) || (!good && !go_on(at))) return;
    good = false;
    if (at.report) (void)wrong(at, keyword, "must be " + std::string(words) + " " + limit->text());
  };
  bound(rules.minimum, "minimum", "at least", [](int order) { return order >= 0; });
  bound(rules.maximum, "maximum", "at most", [](int order) { return order <= 0; });
  bound(rules.exclusive_minimum, "exclusiveMinimum", "more than", [](int order) { return order > 0; });
  bound(rules.exclusive_maximum, "exclusiveMaximum", "less than", [](int order) { return order < 0; });
  if (rules.multiple_of && !is_multiple(n, *rules.multiple_of)) {
    good = false;
    if (at.report) (void)wrong(at, "multipleOf", "must be a multiple of " + rules.multiple_of->text());
  }
  return good;
}

bool Evaluation::string(const StringRules& rules, std::string_view text, const At& at) {
  if (!spend(text.size() / 64)) return false;
  bool good = true;
  auto breach = [&](std::string_view keyword, std::string message) {
    good = false;
    if (at.report) (void)wrong(at, keyword, std::move(message));
  };
  if (rules.min_length || rules.max_length) {
    std::size_t length = characters(text);
    if (rules.min_length && length < *rules.min_length)
      breach("minLength", "must have at least " + std::to_string(*rules.min_length) + " characters");
    if (rules.max_length && length > *rules.max_length)
      breach("maxLength", "must have at most " + std::to_string(*rules.max_length) + " characters");
  }
  if (!good && !at.report) return false;
  if (rules.pattern) {
    if (!spend(rules.pattern->steps(text.size()))) return false;  // before the work
    if (!rules.pattern->matches(text)) breach("pattern", "must match the pattern " + rules.pattern->source().substr(0, kMostShown));
  }
  if (rules.format) {
    if (!spend(rules.format->steps + text.size() / 16)) return false;
    if (!rules.format->is(text)) breach("format", "must be of the format " + std::string(rules.format->name));
  }
  return good;
}

bool Evaluation::array(const ArrayRules& rules, const boost::json::array& array, const At& at) {
  bool good = true;
  auto breach = [&](std::string_view keyword, std::string message) {
    good = false;
    if (at.report) (void)wrong(at, keyword, std::move(message));
  };
  if (rules.min_items && array.size() < *rules.min_items)
    breach("minItems", "must have at least " + std::to_string(*rules.min_items) + " items");
  if (rules.max_items && array.size() > *rules.max_items)
    breach("maxItems", "must have at most " + std::to_string(*rules.max_items) + " items");
  if (!good && !at.report) return false;
  std::size_t count = rules.rest != kNoNode ? array.size() : std::min(array.size(), rules.prefix.size());
  for (std::size_t i = 0; i < count; ++i) {
    Path path{&at.path, {}, i, true};
    NodeId node = i < rules.prefix.size() ? rules.prefix[i] : rules.rest;
    if (!check(node, array[i], path, at.scope, nullptr, at.report)) {
      good = false;
      if (!go_on(at)) return false;
    }
    if (at.seen) at.seen->add(i);
  }
  if (at.seen && rules.rest != kNoNode) at.seen->add_all();
  if (rules.contains != kNoNode && !contains(rules, array, at)) good = false;
  if (!good && !go_on(at)) return false;
  if (rules.unique && !unique(array, at)) good = false;
  return good;
}

bool Evaluation::contains(const ArrayRules& rules, const boost::json::array& array, const At& at) {
  std::uint64_t found = 0;
  bool count_all = rules.max_contains || at.seen;
  for (std::size_t i = 0; i < array.size() && (count_all || found < rules.min_contains); ++i) {
    Path path{&at.path, {}, i, true};
    if (check(rules.contains, array[i], path, at.scope, nullptr, nullptr)) {
      ++found;
      if (at.seen && rules.contains_evaluates) at.seen->add(i);
    }
    if (gave_up()) return false;
  }
  if (found < rules.min_contains)
    return at.report ? wrong(at, rules.min_contains == 1 ? "contains" : "minContains",
                             "must have at least " + std::to_string(rules.min_contains) + " items of a certain kind, and has " +
                                 std::to_string(found))
                     : false;
  if (rules.max_contains && found > *rules.max_contains)
    return at.report ? wrong(at, "maxContains",
                             "must have at most " + std::to_string(*rules.max_contains) + " items of a certain kind, and has " +
                                 std::to_string(found))
                     : false;
  return true;
}

bool Evaluation::unique(const boost::json::array& array, const At& at) {
  auto twice = [&](std::size_t a, std::size_t b) {
    if (!at.report) return false;
    return wrong(
        at, "uniqueItems",
        "must have no item twice; items " + std::to_string(std::min(a, b)) + " and " + std::to_string(std::max(a, b)) + " are the same");
  };
  std::size_t steps = 0;
  if (array.size() <= 8) {
    for (std::size_t i = 1; i < array.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        bool equal = same(array[i], array[j], steps);
        if (!spend(std::exchange(steps, 0))) return false;
        if (equal) return twice(j, i);
      }
    }
    return true;
  }
  std::vector<std::pair<std::size_t, std::size_t>> hashes;
  hashes.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) {
    hashes.emplace_back(hash(array[i], steps), i);
    if (!spend(std::exchange(steps, 0))) return false;
  }
  std::sort(hashes.begin(), hashes.end());
  for (std::size_t i = 1; i < hashes.size(); ++i) {
    // What has the same hash stands together; nearly always it is the same value, too.
    for (std::size_t j = i; j > 0 && hashes[j - 1].first == hashes[i].first; --j) {
      bool equal = same(array[hashes[i].second], array[hashes[j - 1].second], steps);
      if (!spend(std::exchange(steps, 0))) return false;
      if (equal) return twice(hashes[j - 1].second, hashes[i].second);
    }
  }
  return true;
}

bool Evaluation::unevaluated_items(const ArrayRules& rules, const boost::json::array& array, const At& at) {
  if (rules.unevaluated == kNoNode || at.seen->all()) return true;
  bool good = true;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (at.seen->has(i)) continue;
    Path path{&at.path, {}, i, true};
    if (program_.nodes[rules.unevaluated].never) {
      good = false;
      if (at.report) at.report->add(path, "unevaluatedItems", "is one item too many: no part of the schema allows it");
    } else if (!check(rules.unevaluated, array[i], path, at.scope, nullptr, at.report)) {
      good = false;
    }
    if (!good && !go_on(at)) return false;
  }
  at.seen->add_all();
  return good && spend(array.size() / 16);
}

SchemaVerdict evaluate(const Program& program, const value& v, Detail detail) {
  Evaluation evaluation(program);
  Report report(std::max<std::size_t>(1, program.limits.problems));
  Path root;
  bool good = evaluation.check(program.root, v, root, nullptr, nullptr, detail == Detail::problems ? &report : nullptr);
  SchemaVerdict verdict;
  if (evaluation.gave_up()) {
    verdict.gave_up = mcp::Error(mcp::Code::too_large, evaluation.why());
  } else if (!good) {
    verdict.problems = report.take();
    if (verdict.problems.empty()) verdict.problems.push_back({"", "", "does not match the schema"});
  }
  return verdict;
}

}  // namespace protocol::schema
