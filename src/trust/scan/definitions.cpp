#include "trust/scan/definitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "trust/scan/hidden.h"
#include "trust/scan/text_scan.h"
#include "trust/scan/visible.h"

namespace trust {
namespace {

// The string that is the member `key` of an object, or empty.
std::string_view text_of(const boost::json::value& object, std::string_view key) {
  const auto* members = object.if_object();
  const auto* value = members ? members->if_contains(key) : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

constexpr std::size_t kLongestName = 128;

std::string pointer_to(std::string_view where, std::string_view key) {
  std::string out(where);
  out.push_back('/');
  for (char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out.push_back(c);
  }
  return out;
}

// Names that mean something to a program that keeps tools in an object.
constexpr std::string_view kReserved[] = {"__proto__", "constructor", "prototype", "hasOwnProperty",
                                          "toString",  "valueOf",     "__init__",  "__class__"};

// Words that names of tools are made of, to tell a digit that poses as a letter from one that is meant.
constexpr std::string_view kCommon[] = {
    "file",    "files",    "read",     "write",   "list",     "delete", "send",   "email",    "mail",    "search",   "create",    "update",
    "tool",    "tools",    "code",     "shell",   "login",    "token",  "user",   "users",    "message", "messages", "directory", "folder",
    "execute", "open",     "close",    "issue",   "issues",   "commit", "merge",  "pull",     "request", "query",    "database",  "table",
    "notes",   "note",     "fetch",    "remove",  "edit",     "move",   "upload", "download", "call",    "page",     "browser",   "click",
    "payment", "payments", "transfer", "account", "password", "secret", "run",    "get",
};

// `f1le`: a digit between letters that makes a common word when it is read as a letter.
bool has_posing_digit(std::string_view name) {
  for (std::size_t at = 0; at < name.size();) {
    const auto letter = [&](std::size_t i) { return i < name.size() && std::isalnum(static_cast<unsigned char>(name[i])) != 0; };
    if (!letter(at)) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (letter(end)) ++end;
    const std::string_view part = name.substr(at, end - at);
    if (part.find_first_of("0135") != std::string_view::npos && part.size() >= 4) {
      const std::string looks = scan::skeleton_of(part);
      for (std::string_view word : kCommon)
        if (word.size() == part.size() && scan::skeleton_of(word) == looks) return true;
    }
    at = end;
  }
  return false;
}

// Names of parameters that ask for what is none of a tool's business.
constexpr std::array<std::string_view, 20> kNosy = {
    "sidenote",         "conversationhistory", "chathistory",    "messagehistory",       "systemprompt",
    "previousmessages", "fullconversation",    "chainofthought", "toolcallhistory",      "toolslist",
    "availabletools",   "fullcontext",         "usermessages",   "allmessages",          "conversationcontext",
    "sshkey",           "privatekey",          "envvars",        "environmentvariables", "conversationsummary"};

class Definition {
 public:
  Definition(const boost::json::value& root, std::string_view server, const Neighbours& neighbours)
      : root_(root), server_(server), neighbours_(neighbours), scan_(server, neighbours) {}

  std::vector<Finding> run() {
    if (const std::string_view name = text_of(root_, "name"); !name.empty())
      look_at_name(name, "/name");
    else if (const std::string_view tool = text_of(root_, "tool"); !tool.empty())
      look_at_name(tool, "/tool");
    walk(root_, "");
    return scan_.take();
  }

 private:
  void look_at_name(std::string_view name, const char* where) {
    const bool proper = name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                                 c == '-' || c == '/' || c == ':';
                        });
    if (!proper) scan_.add({"name.form", Tier::review, where, 0, name.size(), "a name holds characters that names of tools do not have"});
    if (std::ranges::find(kReserved, name) != std::end(kReserved))
      scan_.add({"name.reserved", Tier::review, where, 0, name.size(), "a name that means something else to programs"});
    if (const Neighbours::Tool* alike = neighbours_.find_alike(name, server_))
      scan_.add({"name.lookalike", Tier::review, where, 0, name.size(),
                 fmt::format("looks like {} of {}", visible(alike->name),
                             alike->server.empty() ? "another server" : "the server " + visible(alike->server))});
    else if (has_posing_digit(name))
      scan_.add({"name.lookalike", Tier::review, where, 0, name.size(), "a digit stands where a letter is read"});
  }

  void walk(const boost::json::value& value, const std::string& where) {
    if (const auto* text = value.if_string()) {
      scan_.look_at(*text, where);
    } else if (const auto* members = value.if_object()) {
      for (const auto& [key, member] : *members) {
        const std::string place = pointer_to(where, key);
        if (key == "properties" && member.is_object()) look_at_parameters(member.get_object(), place);
        scan_.look_at(key, place);
        walk(member, place);
      }
    } else if (const auto* elements = value.if_array()) {
      for (std::size_t i = 0; i < elements->size(); ++i) walk((*elements)[i], fmt::format("{}/{}", where, i));
    }
  }

  void look_at_parameters(const boost::json::object& properties, const std::string& where) {
    for (const auto& [name, unused] : properties) {
      const std::string_view key = name;
      std::string folded;
      for (char c : key)
        if (c != '_' && c != '-') folded.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
      if (std::ranges::find(kNosy, folded) != kNosy.end() && !about_talk())
        scan_.add(
            {"parameter.nosy", Tier::review, pointer_to(where, key), 0, key.size(), "a parameter asks for what the tool has no use for"});
    }
  }

  // A tool that is about conversations, prompts, keys or machines may ask for them.
  bool about_talk() const {
    std::string all(text_of(root_, text_of(root_, "name").empty() ? "tool" : "name"));
    all.append(" ").append(text_of(root_, "description").substr(0, 400));
    for (char& c : all) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return std::ranges::any_of(std::array<std::string_view, 12>{"chat", "conversation", "prompt", "llm", "message", "agent", "ssh", "key",
                                                                "environment", "container", "deploy", "model"},
                               [&](std::string_view word) { return all.find(word) != std::string::npos; });
  }

  const boost::json::value& root_;
  std::string_view server_;
  const Neighbours& neighbours_;
  scan::TextScan scan_;
};

}  // namespace

std::vector<Finding> scan_definition(const boost::json::value& definition, std::string_view server, const Neighbours& neighbours) {
  return Definition(definition, server, neighbours).run();
}

std::vector<Finding> scan_text(std::string_view text, std::string_view where, std::string_view server, const Neighbours& neighbours) {
  scan::TextScan scan(server, neighbours);
  scan.look_at(text, where);
  return scan.take();
}

Tier worst_of(const std::vector<Finding>& findings) {
  Tier worst = Tier::clean;
  for (const Finding& finding : findings) worst = std::max(worst, finding.tier);
  return worst;
}

}  // namespace trust
