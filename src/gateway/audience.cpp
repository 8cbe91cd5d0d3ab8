#include "gateway/audience.h"

#include <array>
#include <functional>

#include "base/json.h"

namespace gateway {
namespace {

// The members of `object` under `names` that are objects, in the order of `names`, each as `{}`.
std::string flags(std::string_view object, std::initializer_list<std::string_view> names) {
  std::string out = "{";
  for (std::string_view name : names)
    if (base::is_object(base::find_member(object, name))) out.append(out.size() > 1 ? ",\"" : "\"").append(name).append("\":{}");
  return out + "}";
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.size() > 1 ? ",\"" : "\"").append(name).append("\":").append(value);
}

}  // namespace

namespace {

std::string carried(std::string_view capabilities) {
  std::string out = "{";
  if (auto elicitation = base::find_member(capabilities, "elicitation"); base::is_object(elicitation)) {
    // An empty object means forms (Elicitation, "Capabilities").
    std::string modes = flags(elicitation, {"form", "url"});
    append(out, "elicitation", modes == "{}" ? R"({"form":{}})" : modes);
  }
  if (auto extensions = base::find_member(capabilities, "extensions"); base::is_object(extensions) && extensions != "{}")
    append(out, "extensions", base::minified(extensions));
  if (base::is_object(base::find_member(capabilities, "roots"))) append(out, "roots", "{}");
  if (auto sampling = base::find_member(capabilities, "sampling"); base::is_object(sampling))
    append(out, "sampling", flags(sampling, {"context", "tools"}));
  return out + "}";
}

// What was answered last. A client says the same with each request, and most requests that follow each other are of a few clients.
struct Answered {
  std::string asked, answer;
};
constexpr std::size_t kMostRemembered = 4'096;  // bytes of one; longer ones are worked out each time

}  // namespace

std::string carried_capabilities(std::string_view capabilities) {
  if (!base::is_object(capabilities) || capabilities == "{}") return "{}";
  if (capabilities.size() > kMostRemembered) return carried(capabilities);
  thread_local std::array<Answered, 16> known;
  Answered& place = known[std::hash<std::string_view>()(capabilities) % known.size()];
  if (place.asked != capabilities) place = {std::string(capabilities), carried(capabilities)};
  return place.answer;
}

}  // namespace gateway
