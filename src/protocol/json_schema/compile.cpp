#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <unordered_map>

#include "protocol/json_schema/documents.h"
#include "protocol/json_schema/program.h"

namespace protocol::schema {

using boost::json::object;
using boost::json::value;
using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

std::string_view view(boost::json::string_view s) { return {s.data(), s.size()}; }

template <class T>
T& part(std::unique_ptr<T>& slot) {
  if (!slot) slot = std::make_unique<T>();
  return *slot;
}

bool shorter_first(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

// Turns the schemas of some documents into nodes, one after the other: what a node refers to goes on a list.
class Compiler {
 public:
  explicit Compiler(const SchemaOptions& options) : options_(options), documents_(options) {}

  Result<std::shared_ptr<const Program>> run(std::string_view text) {
    auto root = documents_.open(text);
    if (!root) return std::move(root).error();
    program_->limits = options_.limits;
    program_->root = node(*root);
    while ((!waiting_.empty() || more_anchors()) && !failed_) {
      if (waiting_.empty()) continue;
      const value* schema = waiting_.back();
      waiting_.pop_back();
      compile_node(*schema, nodes_.at(schema));
    }
    if (failed_) return *std::move(failed_);
    if (auto loop = find_loop(*program_))
      return schema_error(documents_.place(places_[*loop]).pointer, "refers to itself without going into the value, which would never end");
    return std::shared_ptr<const Program>(program_);
  }

 private:
  using Handler = void (Compiler::*)(Node&, const value&);
  struct Keyword {
    std::string_view name;
    Handler handler;
    enum class Group { core, validation } group = Group::core;
  };

  // The node of a schema; compiled later.
  NodeId node(const value* schema) {
    auto [at, fresh] = nodes_.emplace(schema, static_cast<NodeId>(program_->nodes.size()));
    if (fresh) {
      Node& made = program_->nodes.emplace_back();
      made.resource = documents_.place(schema).resource;
      places_.push_back(schema);
      waiting_.push_back(schema);
    }
    return at->second;
  }

  // Anchors of resources that were found since the last time. True when there are schemas to compile.
  bool more_anchors() {
    auto& all = program_->dynamic_anchors;
    while (all.size() < documents_.resources()) {
      auto id = static_cast<ResourceId>(all.size());
      all.emplace_back();
      for (const auto& [name, schema] : documents_.resource(id).dynamic_anchors) {
        NodeId anchored = node(schema);
        all[id].emplace_back(name, anchored);
      }
    }
    return !waiting_.empty();
  }

  void fail(Error error) {
    if (!failed_) failed_ = std::move(error);
  }
  void fail_here(std::string_view words) { fail(schema_error(step(documents_.place(schema_).pointer, keyword_), words)); }

  void compile_node(const value& schema, NodeId id) {
    schema_ = &schema;
    keyword_ = {};
    dialect_ = documents_.resource(program_->nodes[id].resource).dialect;
    Node made;
    made.resource = program_->nodes[id].resource;
    if (schema.is_bool()) {
      made.never = !schema.get_bool();
    } else {
      const object& o = schema.get_object();
      object_ = &o;
      bool only_reference = dialect_.draft == Draft::draft_07 && o.if_contains("$ref");
      for (const auto& member : o) {
        keyword_ = view(member.key());
        if (only_reference && keyword_ != "$ref") continue;
        apply(made, member.value());
        if (failed_) return;
      }
      if (made.object) finish(*made.object);
    }
    program_->nodes[id] = std::move(made);  // node() may have moved the vector
  }

  void apply(Node& n, const value& v) {
    static const std::array<Keyword, 46> kKeywords = keywords();
    auto at = std::lower_bound(kKeywords.begin(), kKeywords.end(), keyword_,
                               [](const Keyword& k, std::string_view name) { return k.name < name; });
    if (at == kKeywords.end() || at->name != keyword_) return;  // an annotation, or nothing that is known
    if (at->group == Keyword::Group::validation && !dialect_.validation) return;
    (this->*at->handler)(n, v);
  }

  static std::array<Keyword, 46> keywords() {
    constexpr auto kValidation = Keyword::Group::validation;
    using C = Compiler;
    std::array<Keyword, 46> all = {{
        {"$dynamicRef", &C::dynamic_reference},
        {"$recursiveRef", &C::recursive_reference},
        {"$ref", &C::reference},
        {"additionalItems", &C::additional_items},
        {"additionalProperties", &C::additional_properties},
        {"allOf", &C::all_of},
        {"anyOf", &C::any_of},
        {"const", &C::constant, kValidation},
        {"contains", &C::contains},
        {"dependencies", &C::dependencies},
        {"dependentRequired", &C::dependent_required, kValidation},
        {"dependentSchemas", &C::dependent_schemas},
        {"else", &C::alternative},
        {"enum", &C::options, kValidation},
        {"exclusiveMaximum", &C::exclusive_maximum, kValidation},
        {"exclusiveMinimum", &C::exclusive_minimum, kValidation},
        {"format", &C::format},
        {"if", &C::condition},
        {"items", &C::items},
        {"maxContains", &C::max_contains, kValidation},
        {"maxItems", &C::max_items, kValidation},
        {"maxLength", &C::max_length, kValidation},
        {"maxProperties", &C::max_properties, kValidation},
        {"maximum", &C::maximum, kValidation},
        {"minContains", &C::min_contains, kValidation},
        {"minItems", &C::min_items, kValidation},
        {"minLength", &C::min_length, kValidation},
        {"minProperties", &C::min_properties, kValidation},
        {"minimum", &C::minimum, kValidation},
        {"multipleOf", &C::multiple_of, kValidation},
        {"not", &C::negated},
        {"oneOf", &C::one_of},
        {"pattern", &C::pattern, kValidation},
        {"patternProperties", &C::pattern_properties},
        {"prefixItems", &C::prefix_items},
        {"properties", &C::properties},
        {"propertyNames", &C::property_names},
        {"required", &C::required, kValidation},
        {"then", &C::consequence},
        {"type", &C::type, kValidation},
        {"unevaluatedItems", &C::unevaluated_items},
        {"unevaluatedProperties", &C::unevaluated_properties},
        {"uniqueItems", &C::unique_items, kValidation},
        {"$comment", &C::text},
        {"$vocabulary", &C::map_of_booleans},
        {"$defs", &C::definitions},
    }};
    std::sort(all.begin(), all.end(), [](const Keyword& a, const Keyword& b) { return a.name < b.name; });
    return all;
  }

  // Values of keywords, checked.
  NodeId schema_of(const value& v) {
    if (v.is_object() || v.is_bool()) return node(&v);
    fail_here("must be a schema: an object, true or false");
    return kNoNode;
  }
  std::vector<NodeId> schemas_of(const value& v) {
    std::vector<NodeId> out;
    if (!v.is_array() || v.get_array().empty()) {
      fail_here("must be a list of schemas, and not empty");
      return out;
    }
    for (const auto& one : v.get_array()) out.push_back(schema_of(one));
    return out;
  }
  const object* map_of(const value& v) {
    if (v.is_object()) return &v.get_object();
    fail_here("must be an object whose members are schemas");
    return nullptr;
  }
  std::optional<Number> number_of(const value& v) {
    auto n = Number::of(v);
    if (!n) fail_here("must be a number");
    return n;
  }
  std::optional<std::uint64_t> count_of(const value& v) {
    auto n = Number::of(v);
    if (n && is_integer(*n) && compare(*n, Number{}) >= 0) return n->integral ? n->magnitude : UINT64_MAX;
    fail_here("must be an integer of at least 0");
    return std::nullopt;
  }
  std::vector<std::string> names_of(const value& v) {
    std::vector<std::string> out;
    bool good = v.is_array();
    if (good) {
      for (const auto& one : v.get_array()) {
        good = good && one.is_string();
        if (good) out.emplace_back(view(one.get_string()));
      }
    }
    if (!good) fail_here("must be a list of strings");
    return out;
  }
  std::optional<Pattern> pattern_of(std::string_view source) {
    if (auto known = patterns_.find(source); known != patterns_.end()) return known->second;
    if (patterns_.size() >= options_.limits.patterns) {
      fail(Error(Code::too_large, "the schema has more than " + std::to_string(options_.limits.patterns) + " patterns"));
      return std::nullopt;
    }
    auto compiled = Pattern::compile(source);
    if (!compiled) {
      bool ignored = options_.patterns == PatternUse::ignore && translate_pattern(source).fault == PatternFault::unsupported;
      if (!ignored) {
        if (compiled.error().code == Code::too_large)
          fail(std::move(compiled).error().in(schema_error(documents_.place(schema_).pointer, keyword_).message));
        else
          fail_here(compiled.error().message);
      }
      return std::nullopt;
    }
    instructions_ += compiled->instructions();
    if (instructions_ > options_.limits.pattern_instructions) {
      fail(Error(Code::too_large, "the patterns of the schema are too large together; shorten them or lower their repetitions"));
      return std::nullopt;
    }
    patterns_.emplace(source, *compiled);
    return *std::move(compiled);
  }

  // Core.
  void reference(Node& n, const value& v) { refer(n, v, Refer::plainly); }
  void dynamic_reference(Node& n, const value& v) {
    if (dialect_.draft == Draft::draft_2020) refer(n, v, Refer::dynamically);
  }
  void recursive_reference(Node& n, const value& v) {
    if (dialect_.draft != Draft::draft_2019) return;
    if (!v.is_string() || view(v.get_string()) != "#") return fail_here("must be \"#\"");
    Logic& logic = part(n.logic);
    const Resource& resource = documents_.resource(n.resource);
    NodeId target = node(resource.root);
    logic.dynamic = !resource.dynamic_anchors.empty() && resource.dynamic_anchors.front().first.empty();
    if (logic.reference != kNoNode) logic.all.push_back(wrapped(n.resource, target, logic.dynamic, ""));
    logic.reference = target;
  }
  enum class Refer { plainly, dynamically };
  void refer(Node& n, const value& v, Refer how) {
    if (!v.is_string()) return fail_here("must be a string");
    auto target = documents_.find(view(v.get_string()), n.resource);
    if (!target) {
      if (target.error().code == Code::invalid_argument && !target.error().message.starts_with("schema"))
        return fail_here(target.error().message);
      return fail(std::move(target).error());
    }
    NodeId to = node(target->schema);
    bool dynamic = how == Refer::dynamically && target->dynamic;
    Logic& logic = part(n.logic);
    if (logic.reference != kNoNode) {  // $ref beside $dynamicRef
      logic.all.push_back(wrapped(n.resource, to, dynamic, target->dynamic_anchor));
      return;
    }
    logic.reference = to;
    logic.dynamic = dynamic;
    if (dynamic) logic.dynamic_anchor = target->dynamic_anchor;
  }
  // A node that does nothing but refer.
  NodeId wrapped(ResourceId resource, NodeId target, bool dynamic, std::string anchor) {
    auto id = static_cast<NodeId>(program_->nodes.size());
    Node& made = program_->nodes.emplace_back();
    places_.push_back(schema_);
    made.resource = resource;
    Logic& logic = part(made.logic);
    logic.reference = target;
    logic.dynamic = dynamic;
    logic.dynamic_anchor = std::move(anchor);
    return id;
  }
  void text(Node&, const value& v) {
    if (!v.is_string()) fail_here("must be a string");
  }
  void map_of_booleans(Node&, const value& v) {
    if (!v.is_object()) fail_here("must be an object");
  }
  void definitions(Node&, const value& v) {
    if (const object* map = map_of(v))
      for (const auto& member : *map)
        if (!member.value().is_object() && !member.value().is_bool()) fail_here("must be an object whose members are schemas");
  }

  // Logic.
  void all_of(Node& n, const value& v) {
    auto schemas = schemas_of(v);
    Logic& logic = part(n.logic);
    logic.all.insert(logic.all.end(), schemas.begin(), schemas.end());
  }
  void any_of(Node& n, const value& v) { part(n.logic).any = schemas_of(v); }
  void one_of(Node& n, const value& v) { part(n.logic).one = schemas_of(v); }
  void negated(Node& n, const value& v) { part(n.logic).negated = schema_of(v); }
  void condition(Node& n, const value& v) { part(n.logic).condition = schema_of(v); }
  void consequence(Node& n, const value& v) { part(n.logic).consequence = schema_of(v); }
  void alternative(Node& n, const value& v) { part(n.logic).alternative = schema_of(v); }
  void dependent_schemas(Node& n, const value& v) {
    if (dialect_.draft == Draft::draft_07) return;
    if (const object* map = map_of(v))
      for (const auto& member : *map) part(n.logic).dependent.emplace_back(view(member.key()), schema_of(member.value()));
  }
  // Of draft-07; later drafts keep it for old schemas.
  void dependencies(Node& n, const value& v) {
    const object* map = map_of(v);
    if (!map) return;
    for (const auto& member : *map) {
      if (member.value().is_array())
        part(n.object).dependent_required.emplace_back(view(member.key()), names_of(member.value()));
      else
        part(n.logic).dependent.emplace_back(view(member.key()), schema_of(member.value()));
    }
  }

  // Any value.
  void type(Node& n, const value& v) {
    constexpr std::array<std::pair<std::string_view, Types>, 7> kTypes = {{{"null", kNull},
                                                                           {"boolean", kBoolean},
                                                                           {"integer", kInteger},
                                                                           {"number", static_cast<Types>(kNumber | kInteger)},
                                                                           {"string", kString},
                                                                           {"array", kArray},
                                                                           {"object", kObject}}};
    auto add = [&](const value& name) {
      for (const auto& [known, bits] : kTypes) {
        if (name.is_string() && view(name.get_string()) == known) {
          n.types |= bits;
          return;
        }
      }
      fail_here("must be one of null, boolean, integer, number, string, array and object, or a list of them");
    };
    if (!v.is_array()) return add(v);
    if (v.get_array().empty()) fail_here("must name at least one type");
    for (const auto& name : v.get_array()) add(name);
  }
  void constant(Node& n, const value& v) { n.constant = v; }
  void options(Node& n, const value& v) {
    if (!v.is_array()) return fail_here("must be a list of values");
    n.options = v.get_array();
  }

  // Numbers.
  void minimum(Node& n, const value& v) { part(n.number).minimum = number_of(v); }
  void maximum(Node& n, const value& v) { part(n.number).maximum = number_of(v); }
  void exclusive_minimum(Node& n, const value& v) { part(n.number).exclusive_minimum = bound_of(v); }
  void exclusive_maximum(Node& n, const value& v) { part(n.number).exclusive_maximum = bound_of(v); }
  std::optional<Number> bound_of(const value& v) {
    if (!v.is_bool()) return number_of(v);
    fail_here("must be a number; true and false are of draft-04");
    return std::nullopt;
  }
  void multiple_of(Node& n, const value& v) {
    auto number = number_of(v);
    if (number && compare(*number, Number{}) <= 0) fail_here("must be more than 0");
    part(n.number).multiple_of = number;
  }

  // Strings.
  void min_length(Node& n, const value& v) { part(n.string).min_length = count_of(v); }
  void max_length(Node& n, const value& v) { part(n.string).max_length = count_of(v); }
  void pattern(Node& n, const value& v) {
    if (!v.is_string()) return fail_here("must be a string");
    part(n.string).pattern = pattern_of(view(v.get_string()));
  }
  void format(Node& n, const value& v) {
    if (!v.is_string()) return fail_here("must be a string");
    if (options_.formats == FormatUse::check || dialect_.format_check) part(n.string).format = find_format(view(v.get_string()));
  }

  // Arrays.
  void items(Node& n, const value& v) {
    ArrayRules& rules = part(n.array);
    if (!v.is_array()) {
      rules.rest = schema_of(v);
      return;
    }
    if (dialect_.draft == Draft::draft_2020)
      return fail_here("must be a schema; a list of schemas is prefixItems in 2020-12 (or name an older dialect in $schema)");
    for (const auto& one : v.get_array()) rules.prefix.push_back(schema_of(one));
  }
  void additional_items(Node& n, const value& v) {
    const value* beside = object_->if_contains("items");
    if (dialect_.draft == Draft::draft_2020 || !beside || !beside->is_array()) return;  // without a list it means nothing
    ArrayRules& rules = part(n.array);
    rules.rest = schema_of(v);
    rules.rest_keyword = "additionalItems";
  }
  void prefix_items(Node& n, const value& v) {
    if (dialect_.draft == Draft::draft_2020) part(n.array).prefix = schemas_of(v);
  }
  void contains(Node& n, const value& v) {
    ArrayRules& rules = part(n.array);
    rules.contains = schema_of(v);
    rules.contains_evaluates = dialect_.draft == Draft::draft_2020;
  }
  void min_contains(Node& n, const value& v) {
    if (dialect_.draft == Draft::draft_07) return;
    if (auto count = count_of(v)) part(n.array).min_contains = *count;
  }
  void max_contains(Node& n, const value& v) {
    if (dialect_.draft != Draft::draft_07) part(n.array).max_contains = count_of(v);
  }
  void min_items(Node& n, const value& v) { part(n.array).min_items = count_of(v); }
  void max_items(Node& n, const value& v) { part(n.array).max_items = count_of(v); }
  void unique_items(Node& n, const value& v) {
    if (!v.is_bool()) return fail_here("must be true or false");
    part(n.array).unique = v.get_bool();
  }
  void unevaluated_items(Node& n, const value& v) {
    if (dialect_.draft != Draft::draft_07) part(n.array).unevaluated = schema_of(v);
  }

  // Objects.
  KnownMember& known(Node& n, std::string_view name) {
    auto& rules = part(n.object);
    auto [at, fresh] = members_.emplace(std::string(name), rules.known.size());
    if (fresh) rules.known.push_back({.name = std::string(name)});
    return rules.known[at->second];
  }
  void finish(ObjectRules& rules) {
    std::sort(rules.known.begin(), rules.known.end(), [](const auto& a, const auto& b) { return shorter_first(a.name, b.name); });
    rules.required =
        static_cast<std::size_t>(std::count_if(rules.known.begin(), rules.known.end(), [](const auto& k) { return k.required; }));
    members_.clear();
  }
  void properties(Node& n, const value& v) {
    const object* map = map_of(v);
    if (!map) return;
    part(n.object);
    for (const auto& member : *map) {
      NodeId schema = schema_of(member.value());
      known(n, view(member.key())).node = schema;
    }
  }
  void required(Node& n, const value& v) {
    if (v.is_bool()) return fail_here("must be a list of names, beside properties; true and false are of draft-03");
    for (const auto& name : names_of(v)) known(n, name).required = true;
  }
  void pattern_properties(Node& n, const value& v) {
    const object* map = map_of(v);
    if (!map) return;
    for (const auto& member : *map) {
      auto compiled = pattern_of(view(member.key()));
      if (failed_) return;
      NodeId schema = schema_of(member.value());
      if (compiled) part(n.object).patterns.emplace_back(*std::move(compiled), schema);
    }
  }
  void additional_properties(Node& n, const value& v) { part(n.object).additional = schema_of(v); }
  void property_names(Node& n, const value& v) { part(n.object).names = schema_of(v); }
  void max_properties(Node& n, const value& v) { part(n.object).max_members = count_of(v); }
  void min_properties(Node& n, const value& v) { part(n.object).min_members = count_of(v); }
  void dependent_required(Node& n, const value& v) {
    if (dialect_.draft == Draft::draft_07) return;
    if (!v.is_object()) return fail_here("must be an object whose members are lists of strings");
    for (const auto& member : v.get_object()) part(n.object).dependent_required.emplace_back(view(member.key()), names_of(member.value()));
  }
  void unevaluated_properties(Node& n, const value& v) {
    if (dialect_.draft != Draft::draft_07) part(n.object).unevaluated = schema_of(v);
  }

  const SchemaOptions& options_;
  Documents documents_;
  std::shared_ptr<Program> program_ = std::make_shared<Program>();
  std::unordered_map<const value*, NodeId> nodes_;
  std::vector<const value*> places_;  // by node
  std::vector<const value*> waiting_;
  std::map<std::string, Pattern, std::less<>> patterns_;
  std::size_t instructions_ = 0;
  std::optional<Error> failed_;

  // Of the schema that is being compiled.
  const value* schema_ = nullptr;
  const object* object_ = nullptr;
  std::string_view keyword_;
  Dialect dialect_;
  std::unordered_map<std::string, std::size_t> members_;
};

}  // namespace

const KnownMember* ObjectRules::find(std::string_view name) const {
  auto at =
      std::lower_bound(known.begin(), known.end(), name, [](const KnownMember& k, std::string_view n) { return shorter_first(k.name, n); });
  return at != known.end() && at->name == name ? &*at : nullptr;
}

Result<std::shared_ptr<const Program>> compile(std::string_view text, const SchemaOptions& options) { return Compiler(options).run(text); }

}  // namespace protocol::schema
