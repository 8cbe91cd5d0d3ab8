#include "mcp/skills.h"

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/json.h"
#include "protocol/params.h"
#include "sdk/contents.h"
#include "sdk/frontmatter.h"
#include "sdk/skill_folder.h"

namespace mcp {
namespace {

constexpr std::size_t kMostEntries = 10'000;
constexpr std::size_t kMostPages = 1'000;
// More than any server should have; a longer list of files is not believed.
constexpr std::size_t kMostFiles = 4'096;
constexpr std::string_view kMain = "/SKILL.md";

std::string_view extension_of(const Client& client) {
  std::string_view extensions = base::find_member(client.capabilities(), "extensions");
  return base::is_object(extensions) ? base::find_member(extensions, protocol::kSkillsExtension) : std::string_view();
}

bool climbs(std::string_view path) {
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t end = std::min(path.find('/', at), path.size());
    std::string_view segment = path.substr(at, end - at);
    if (segment.empty() || segment == "." || segment == "..") return true;
    at = end + 1;
  }
  return false;
}

std::string root_of(const Skill& skill) { return skill.uri.substr(0, skill.uri.size() - kMain.size()); }

bool within(const Skill& skill, std::string_view uri) {
  std::string root = root_of(skill) + "/";
  return uri.starts_with(root) && !climbs(uri.substr(root.size()));
}

bool is_digest(std::string_view text) {
  static constexpr std::string_view kPrefix = "sha256:";
  return text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

Error malformed(std::string_view what) { return Error(Code::upstream_failed, "the server's entry of a skill " + std::string(what)); }

Result<Skill> read_entry(JsonView in) {
  Skill skill;
  skill.uri = in["uri"].string_or("");
  JsonView frontmatter = in["frontmatter"], files = in["resources"];
  skill.name = frontmatter["name"].string_or("");
  skill.description = frontmatter["description"].string_or("");
  if (!skill.uri.ends_with(kMain) || skill.uri.find("://") == std::string::npos) return malformed("has no uri of a SKILL.md");
  if (skill.name.empty() || skill.description.empty()) return malformed("has no name and description in its frontmatter");
  std::string root = root_of(skill);
  if (root.substr(root.rfind('/') + 1) != skill.name) return malformed("has another name than its uri: " + skill.uri);
  auto json = Json::parse(frontmatter.text());
  if (!json) return std::move(json).error();
  skill.frontmatter = *std::move(json);
  if (files.string() == "dynamic") {
    skill.dynamic = true;
    return skill;
  }
  if (!files.is(JsonView::Kind::array) || files.size() > kMostFiles) return malformed("has no list of files");
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < files.size(); ++i) {
    JsonView one = files.at(i);
    SkillFile file{std::string(one["uri"].string_or("")), std::string(one["digest"].string_or("")), 0};
    auto size = one["size"].unsigned_integer();
    if (!within(skill, file.uri) || !is_digest(file.digest) || !size || !seen.insert(*one["uri"].string()).second)
      return malformed("lists a file without its uri, digest or size, or one that is not the skill's, or one twice: " + skill.uri);
    file.size = *size;
    skill.files.push_back(std::move(file));
  }
  if (!seen.contains(skill.uri)) return malformed("does not list its own SKILL.md: " + skill.uri);
  return skill;
}

// Calls `take` with each element of `key` on all pages.
template <class Take>
Task<void> each_of_pages(Client* client, std::string method, std::string uri, std::string key, Take take) {
  std::size_t count = 0;
  std::string cursor;
  for (std::size_t page = 0; page < kMostPages && count < kMostEntries; ++page) {
    JsonWriter params;
    params.object();
    if (!uri.empty()) params.field("uri", uri);
    if (page > 0) params.field("cursor", cursor);
    params.end();
    std::string text = co_await client->request(method, std::move(params).text());
    Json json = co_await Json::parse(text);
    JsonView entries = json[key];
    if (!entries.is(JsonView::Kind::array))
      co_await fail(Code::upstream_failed, std::string("the answer to ").append(method).append(" has no ").append(key));
    for (std::size_t i = 0; i < entries.size() && count < kMostEntries; ++i, ++count) take(entries.at(i));
    auto next = json["nextCursor"].string();
    if (!next || (page > 0 && *next == cursor)) break;  // the same cursor again would never end
    cursor = *next;
  }
}

Result<> needs_skills(const Client& client) {
  if (serves_skills(client)) return {};
  return Error(Code::not_found, "this server has no skills: it does not declare the extension " + std::string(protocol::kSkillsExtension));
}

// The one contents of `uri`, held against what `skill` says of it.
Task<ResourceContents> read_verified(Client* client, const Skill* skill, std::string uri) {
  auto same = [&](const SkillFile& file) { return file.uri == uri; };
  auto promised = std::find_if(skill->files.begin(), skill->files.end(), same);
  if (promised == skill->files.end() && !(skill->dynamic && within(*skill, uri)))
    co_return Error(Code::denied,
                    uri + " is not among the files of the skill " + skill->uri + ": ask for the skill again with get_skill()");
  std::vector<ResourceContents> contents = co_await client->read_resource(uri);
  if (contents.size() != 1)
    co_return Error(Code::upstream_failed, uri + ": the server gave " + std::to_string(contents.size()) + " contents");
  const std::string& bytes = contents[0].bytes ? *contents[0].bytes : contents[0].text;
  if (!skill->dynamic) {
    // The size first: it costs nothing.
    bool good = bytes.size() == promised->size && "sha256:" + base::sha256_hex(bytes) == promised->digest;
    if (!good)
      co_return Error(Code::upstream_failed,
                      uri + " is not what the skill's entry promised: it was changed or tampered with, and is not used; " +
                          "ask for the skill again with get_skill()");
  }
  co_return std::move(contents[0]);
}

}  // namespace

bool serves_skills(const Client& client) { return base::is_object(extension_of(client)); }

Task<std::vector<Skill>> list_skills(Client& client) {
  co_await needs_skills(client);
  std::vector<Skill> out;
  auto take = [&out](JsonView entry) {
    if (auto skill = read_entry(entry)) out.push_back(*std::move(skill));
  };
  co_await each_of_pages(&client, "skills/list", "", "skills", take);
  co_return out;
}

Task<Skill> get_skill(Client& client, std::string uri) {
  co_await needs_skills(client);
  std::string params = "{\"uri\":" + base::quoted(uri) + "}";
  std::string text = co_await client.request("skills/get", std::move(params));
  Json json = co_await Json::parse(text);
  Skill skill = co_await read_entry(json["skill"]);
  if (skill.uri != uri) co_return malformed("is not that of " + uri);
  co_return skill;
}

Task<std::string> load_skill(Client& client, Skill skill) {
  ResourceContents contents = co_await read_verified(&client, &skill, skill.uri);
  std::string text = contents.bytes ? *std::move(contents.bytes) : std::move(contents.text);
  auto json = sdk::frontmatter_json(text);
  auto tree = json ? Json::parse(*json) : Result<Json>(json.error());
  if (!tree) co_return Error(Code::upstream_failed, skill.uri + ": " + tree.error().message);
  if (!sdk::same_json(tree->root(), skill.frontmatter.root()))
    co_return Error(Code::upstream_failed,
                    skill.uri + ": its frontmatter is not that of the skill's entry: it was changed or tampered with, and is not used");
  co_return text;
}

Task<ResourceContents> read_skill_file(Client& client, Skill skill, std::string file) {
  std::string uri = file.find("://") != std::string::npos ? file : root_of(skill) + "/" + sdk::encode_path(file);
  co_return co_await read_verified(&client, &skill, std::move(uri));
}

Task<std::vector<ResourceInfo>> read_directory(Client& client, std::string uri) {
  std::string_view flag = serves_skills(client) ? base::find_member(extension_of(client), "directoryRead") : std::string_view();
  if (flag != "true") co_await fail(Code::not_found, "this server does not list directories");
  std::vector<ResourceInfo> out;
  auto take = [&out](JsonView entry) { out.push_back(sdk::read_resource_info(entry)); };
  co_await each_of_pages(&client, "resources/directory/read", std::move(uri), "resources", take);
  co_return out;
}

}  // namespace mcp
