#include "protocol/results.h"

#include <array>
#include <optional>
#include <vector>

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/splice.h"

namespace protocol {
namespace {

// Keys of `_meta` that mean nothing to a legacy peer.
constexpr std::array<std::string_view, 4> kModernKeys = {meta_key::kServerInfo, meta_key::kSubscriptionId, meta_key::kProtocolVersion,
                                                         meta_key::kLogLevel};

// The members of a result that this file decides on.
struct Found {
  std::string_view result_type, ttl, scope, meta, structured, content, messages, tools;
};

Found find(std::string_view result) {
  Found out;
  base::Members members(result);
  while (members.next()) {
    std::string_view key = members.key();
    if (key == "resultType")
      out.result_type = members.value();
    else if (key == "ttlMs")
      out.ttl = members.value();
    else if (key == "cacheScope")
      out.scope = members.value();
    else if (key == "_meta")
      out.meta = members.value();
    else if (key == "structuredContent")
      out.structured = members.value();
    else if (key == "content")
      out.content = members.value();
    else if (key == "messages")
      out.messages = members.value();
    else if (key == "tools")
      out.tools = members.value();
  }
  return out;
}

std::string_view scope_text(CacheScope scope) { return scope == CacheScope::shared ? "\"public\"" : "\"private\""; }

bool good_ttl(std::string_view ttl) { return !ttl.empty() && ttl.front() >= '0' && ttl.front() <= '9'; }
bool good_scope(std::string_view scope) { return scope == "\"public\"" || scope == "\"private\""; }

std::string tools_for(const Revision& revision, std::string_view tools);

std::string modern_result(const Revision& revision, Method method, std::string_view result, const CacheHints& hints,
                          std::string_view server_info) {
  Found found = find(result);
  std::array<Member, 5> set;
  std::size_t n = 0;
  if (found.result_type.empty()) set[n++] = {"resultType", "\"complete\""};
  std::string ttl;
  if (facts(method).cacheable && (found.result_type.empty() || found.result_type == "\"complete\"")) {
    if (!good_ttl(found.ttl)) {
      // A server that gave nonsense gets the safe value, one that gave nothing the hint (Caching).
      ttl = found.ttl.empty() ? std::to_string(std::max<long long>(hints.ttl.count(), 0)) : "0";
      set[n++] = {"ttlMs", ttl};
    }
    if (!good_scope(found.scope)) set[n++] = {"cacheScope", found.scope.empty() ? scope_text(hints.scope) : "\"private\""};
  }
  std::string tools;
  if (method == Method::tools_list) tools = tools_for(revision, found.tools);
  if (!tools.empty()) set[n++] = {"tools", tools};
  std::string meta;
  if (!server_info.empty()) {
    meta = with_members(base::is_object(found.meta) ? found.meta : std::string_view(), {{meta_key::kServerInfo, server_info}});
    set[n++] = {"_meta", meta};
  }
  return n == 0 ? std::string(result) : edited(result, std::span(set.data(), n));
}

std::string text_block(std::string_view text) { return "{\"type\":\"text\",\"text\":" + base::quoted(text) + "}"; }

// One content block of a type that came later, as text that says where the thing is; nothing when the revision knows it.
std::optional<std::string> block_for(const Revision& revision, std::string_view block) {
  std::string_view type = base::is_object(block) ? base::find_member(block, "type") : std::string_view();
  if (type == "\"resource_link\"" && !revision.features.resource_link) {
    auto uri = base::json_string(base::find_member(block, "uri"));
    return text_block(uri.ok() ? "Resource: " + *uri : "Resource");
  }
  if (type == "\"audio\"" && !revision.features.audio) {
    auto mime = base::json_string(base::find_member(block, "mimeType"));
    return text_block(mime.ok() ? "Audio (" + *mime + "), which this client's protocol revision cannot carry" : "Audio");
  }
  return std::nullopt;
}

// The elements of an array, with those that `change` gives another text for in that one; empty when that is none.
template <class F>
std::string changed_elements(std::string_view array, F change) {
  std::string out = "[";
  bool changed = false;
  base::Elements elements(array);
  while (elements.next()) {
    if (out.size() > 1) out += ',';
    std::optional<std::string> other = change(elements.value());
    changed = changed || other.has_value();
    out += other ? std::string_view(*other) : elements.value();
  }
  return changed ? out += ']' : std::string();
}

// The blocks of a tool's result.
std::string content_for(const Revision& revision, std::string_view content) {
  return changed_elements(content, [&](std::string_view block) { return block_for(revision, block); });
}

// The messages of a prompt, each with one block.
std::string messages_for(const Revision& revision, std::string_view messages) {
  return changed_elements(messages, [&](std::string_view message) -> std::optional<std::string> {
    if (!base::is_object(message)) return std::nullopt;
    auto block = block_for(revision, base::find_member(message, "content"));
    if (!block) return std::nullopt;
    return with_members(message, {{"content", *block}});
  });
}

// Tools as the revision knows them: without output schemas that are not of an object where it wants one, and without `execution` where
// it has no tasks of its own. Empty when there is nothing to take out.
std::string tools_for(const Revision& revision, std::string_view tools) {
  const bool schemas = !revision.features.any_structured_content && tools.find("outputSchema") != std::string_view::npos;
  const bool execution = !revision.features.tasks_core && tools.find("\"execution\"") != std::string_view::npos;
  if (!base::is_array(tools) || (!schemas && !execution)) return {};
  std::string out = "[";
  bool changed = false;
  base::Elements all(tools);
  while (all.next()) {
    std::string_view tool = all.value();
    if (out.size() > 1) out += ',';
    std::string_view schema = schemas && base::is_object(tool) ? base::find_member(tool, "outputSchema") : std::string_view();
    bool plain = schema.empty() || (base::is_object(schema) && base::find_member(schema, "type") == "\"object\"");
    bool said = execution && base::is_object(tool) && !base::find_member(tool, "execution").empty();
    std::string less;
    if (!plain) less = without_members(tool, {"outputSchema"});
    if (said) less = without_members(plain ? tool : std::string_view(less), {"execution"});
    out += plain && !said ? tool : std::string_view(less);
    changed = changed || !plain || said;
  }
  return changed ? out += ']' : std::string();
}

std::string legacy_result(const Revision& revision, Method method, std::string_view result) {
  Found found = find(result);
  std::vector<std::string_view> drop;
  if (!found.result_type.empty()) drop.emplace_back("resultType");
  if (!found.ttl.empty()) drop.emplace_back("ttlMs");
  if (!found.scope.empty()) drop.emplace_back("cacheScope");
  std::vector<Member> set;
  std::string meta;
  if (base::is_object(found.meta)) {
    meta = edited(found.meta, {}, kModernKeys);
    if (meta == "{}") {
      drop.emplace_back("_meta");
    } else if (meta != found.meta) {
      set.push_back({"_meta", meta});
    }
  }
  std::string content;
  if (method == Method::tools_call) {
    if (base::is_array(found.content)) content = content_for(revision, found.content);
    if (!found.structured.empty() && !base::is_object(found.structured) && !revision.features.any_structured_content) {
      drop.emplace_back("structuredContent");
      base::Elements blocks(found.content);
      if (!base::is_array(found.content) || !blocks.next()) content = "[" + text_block(base::minified(found.structured)) + "]";
    }
    if (!content.empty()) set.push_back({"content", content});
  }
  std::string messages;
  if (method == Method::prompts_get && base::is_array(found.messages)) messages = messages_for(revision, found.messages);
  if (!messages.empty()) set.push_back({"messages", messages});
  std::string tools;
  if (method == Method::tools_list) tools = tools_for(revision, found.tools);
  if (!tools.empty()) set.push_back({"tools", tools});
  return drop.empty() && set.empty() ? std::string(result) : edited(result, set, drop);
}

bool has_uri(std::string_view data) { return base::is_object(data) && base::is_string(base::find_member(data, "uri")); }

}  // namespace

std::string result_for(const Revision& revision, Method method, std::string_view result, const CacheHints& hints,
                       std::string_view server_info) {
  return revision.era == Era::modern ? modern_result(revision, method, result, hints, server_info)
                                     : legacy_result(revision, method, result);
}

std::string result_tail(const Revision& revision, Method method, const CacheHints& hints, std::string_view server_info) {
  if (revision.era != Era::modern) return {};
  std::string out = ",\"resultType\":\"complete\"";
  if (facts(method).cacheable) {
    out.append(",\"ttlMs\":").append(std::to_string(std::max<long long>(hints.ttl.count(), 0)));
    out.append(",\"cacheScope\":").append(scope_text(hints.scope));
  }
  if (!server_info.empty()) out.append(",\"_meta\":{\"").append(meta_key::kServerInfo).append("\":").append(server_info).append("}");
  return out;
}

RpcError error_for(const Revision& to, const Revision& from, Method method, RpcError error) {
  bool modern = to.era == Era::modern;
  auto becomes = [&](int code) {
    if (error.data.empty()) error.data = "{\"code\":" + std::to_string(error.code) + "}";
    error.code = code;
  };
  switch (error.code) {
    case kLegacyResourceNotFound:
      if (!to.features.resource_not_found_code) error.code = kInvalidParams;
      break;
    case kInvalidParams:
      if (method == Method::resources_read && from.era == Era::modern && to.features.resource_not_found_code && has_uri(error.data))
        error.code = kLegacyResourceNotFound;
      break;
    case kLegacyUrlElicitation:
      if (!to.features.elicitation_id) {
        error.data.clear();
        becomes(kInternalError);
      }
      break;
    case kHeaderMismatch:
    case kUnsupportedVersion:
      error.data.clear();
      becomes(kInternalError);
      break;
    case kMissingCapability:
      if (!modern) becomes(kInvalidParams);
      break;
    default:
      // The rest of the reserved range: without meaning before, and never to be sent in the modern era (Base protocol, "Error Codes").
      if (modern && error.code <= -32000 && error.code >= -32099) becomes(kInternalError);
      break;
  }
  error.http_status = http_status(error.code, to.era);
  return error;
}

std::string encode_discover_result(const RevisionSet& spoken, const ServerIdentity& server, const CacheHints& hints) {
  std::string out = "{\"resultType\":\"complete\",\"supportedVersions\":";
  out += spoken.names_json(Era::modern);
  out += ",\"capabilities\":";
  out += base::is_object(server.capabilities) ? without_members(server.capabilities, {"tasks"}) : std::string("{}");
  if (!server.instructions.empty()) {
    out += ",\"instructions\":";
    base::append_json_string(out, server.instructions);
  }
  out += ",\"ttlMs\":";
  out += std::to_string(std::max<long long>(hints.ttl.count(), 0));
  out += ",\"cacheScope\":";
  out += scope_text(hints.scope);
  if (base::is_object(server.info)) {
    out += ",\"_meta\":{\"";
    out += meta_key::kServerInfo;
    out += "\":";
    out += server.info;
    out += '}';
  }
  return out += '}';
}

ResultType result_type(std::string_view result) {
  std::string_view raw = base::is_object(result) ? base::find_member(result, "resultType") : std::string_view();
  if (raw.empty()) return ResultType::complete;
  auto name = base::json_string(raw);
  if (!name) return ResultType::unrecognized;
  if (*name == "complete") return ResultType::complete;
  if (*name == "input_required") return ResultType::input_required;
  return *name == "task" ? ResultType::task : ResultType::unrecognized;
}

std::string tool_error_result(std::string_view text) { return "{\"content\":[" + text_block(text) + "],\"isError\":true}"; }

}  // namespace protocol
