// Skills of a server: folders on the registry, and the three methods of the extension (SEP-2640).
#include <algorithm>

#include "base/digest.h"
#include "base/json.h"
#include "sdk/contents.h"
#include "sdk/frontmatter.h"
#include "sdk/registry.h"
#include "sdk/server_core.h"
#include "sdk/skill_folder.h"

namespace mcp {
namespace {

using detail::Registry;

constexpr std::string_view kScheme = "skill://";
constexpr std::string_view kDirectoryType = "inode/directory";

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string definition(const ResourceInfo& info) {
  JsonWriter w;
  sdk::write_resource_info(w, info);
  return std::move(w).text();
}

// Empty, or what is wrong with the place of a skill.
std::string path_problem(std::string_view path) {
  for (std::string_view rest = path; !rest.empty();) {
    std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return "its path has an empty segment, or . or ..";
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
  }
  if (path.ends_with('/')) return "its path ends with /";
  return sdk::skill_name_problem(last_segment(path));
}

// Makes `directory` known, and that it is in the one above it.
void add_directory(Registry& r, const std::string& directory, std::string_view name) {
  r.directories[directory];
  std::size_t slash = directory.rfind('/');
  if (slash < kScheme.size()) return;
  ResourceInfo info;
  info.uri = directory;
  info.name = name;
  info.mime_type = kDirectoryType;
  r.directories[directory.substr(0, slash)].emplace(directory, definition(info));
}

// What the frontmatter must have, and what the listing wants of it.
Result<ResourceInfo> describe(std::string_view markdown, std::string_view name, std::string& frontmatter) {
  auto text = sdk::frontmatter_json(markdown);
  if (!text) return Error(Code::invalid_argument, "SKILL.md: " + text.error().message);
  auto json = Json::parse(*text);
  if (!json) return std::move(json).error();
  ResourceInfo info;
  info.name = (*json)["name"].string_or("");
  info.description = (*json)["description"].string_or("");
  if (info.name != name)
    return Error(Code::invalid_argument,
                 "SKILL.md says that its name is '" + info.name + "': it must be that of the path, '" + std::string(name) + "'");
  if (info.description.empty()) return Error(Code::invalid_argument, "SKILL.md needs a description in its frontmatter");
  frontmatter = *std::move(text);
  return info;
}

// Puts one file where resources/read finds it. A file of a nested skill is there already; its own skill has more to say of it.
Result<> add_file(Registry& r, detail::ResourceEntry entry, std::string bytes) {
  auto same = [&](const detail::ResourceEntry& e) { return e.info.uri == entry.info.uri; };
  auto known = std::find_if(r.resources.begin(), r.resources.end(), same);
  if (known != r.resources.end()) {
    if (!entry.listed) return {};
    known->info = std::move(entry.info);
    known->listed = true;
    return {};
  }
  r.skill_bytes += bytes.size();
  if (r.skill_bytes > sdk::kMostBytesOfAllSkills)
    return Error(Code::too_large,
                 "all skills of a server together have at most " + std::to_string(sdk::kMostBytesOfAllSkills >> 20) + " MiB");
  auto shared = std::make_shared<const std::string>(std::move(bytes));
  bool text = sdk::is_text(*shared);
  entry.run.plain = [shared, text](detail::None, const Call&) -> Result<std::vector<ResourceContents>> {
    std::vector<ResourceContents> out(1);
    if (text)
      out[0].text = *shared;
    else
      out[0].bytes = *shared;
    return out;
  };
  r.resources.push_back(std::move(entry));
  return {};
}

Result<> add_skill(Registry& r, const std::string& path, const std::string& folder) {
  if (auto problem = path_problem(path); !problem.empty()) return Error(Code::invalid_argument, problem);
  auto read = sdk::read_skill_folder(folder);
  if (!read) return std::move(read).error();
  std::string root = std::string(kScheme) + sdk::encode_path(path), own = root + "/SKILL.md", frontmatter;
  if (std::any_of(r.skills.begin(), r.skills.end(), [&](const auto& skill) { return skill.uri == own; }))
    return Error(Code::conflict, "it was added twice");
  auto main = std::find_if(read->files.begin(), read->files.end(), [](const auto& file) { return file.path == "SKILL.md"; });
  auto about = describe(main->bytes, last_segment(path), frontmatter);
  if (!about) return std::move(about).error();

  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = path.find('/', slash + 1);
    std::string above = path.substr(0, slash);
    add_directory(r, std::string(kScheme) + sdk::encode_path(above), last_segment(above));
  }
  for (const auto& directory : read->directories) add_directory(r, root + "/" + sdk::encode_path(directory), last_segment(directory));
  JsonWriter w;
  w.object().field("uri", own).key("frontmatter").raw(frontmatter).key("resources").array();
  for (auto& file : read->files) {
    detail::ResourceEntry entry;
    ResourceInfo& info = entry.info;
    entry.listed = file.path == "SKILL.md";
    if (entry.listed)
      info = *about;
    else
      info.name = last_segment(file.path);
    info.uri = root + "/" + sdk::encode_path(file.path);
    info.mime_type = sdk::media_type(file.path, file.bytes);
    info.size = static_cast<std::int64_t>(file.bytes.size());
    w.object().field("uri", info.uri).field("digest", "sha256:" + base::sha256_hex(file.bytes)).field("size", *info.size).end();
    auto& siblings = r.directories[info.uri.substr(0, info.uri.rfind('/'))];
    if (entry.listed)
      siblings.insert_or_assign(info.uri, definition(info));
    else
      siblings.emplace(info.uri, definition(info));
    if (auto done = add_file(r, std::move(entry), std::move(file.bytes)); !done) return done;
  }
  w.end().end();
  r.skills.push_back({std::move(own), std::move(w).text()});
  return {};
}

void try_skill(Registry& r, const std::string& path, const std::string& folder) {
  r.has_skills = true;
  if (auto done = add_skill(r, path, folder); !done) r.problems.push_back("skill '" + path + "': " + done.error().message);
}

}  // namespace

Server& Server::skill(std::string path, const std::string& folder) {
  try_skill(*registry_, path, folder);
  return *this;
}

Server& Server::skills(const std::string& folder) {
  registry_->has_skills = true;
  auto found = sdk::find_skill_folders(folder);
  if (!found) {
    registry_->problems.push_back("skills: " + found.error().message);
    return *this;
  }
  for (const auto& path : *found) {
    if (path.empty())
      registry_->problems.push_back("skills: " + folder + " is a skill itself: give the folder that it is in, or use skill()");
    else
      try_skill(*registry_, path, std::string(folder).append("/").append(path));
  }
  return *this;
}

}  // namespace mcp

namespace sdk {

using protocol::Method;

Reply ServerCore::skills(const Inbound& in) const {
  // An entry may have hundreds of files: fewer of them make a page than of other lists.
  static constexpr std::size_t kMostOfPage = 50;
  if (in.method() == Method::skills_list)
    return list("skills", skill_list_, in.rpc.params.cursor, std::min(kMostOfPage, registry_->page_size));
  auto uri = base::json_string(in.rpc.params.uri);
  if (!uri) return Reply(protocol::invalid_params("Invalid params: uri is missing, or not a string"));
  if (in.method() == Method::skills_get) {
    auto same = [&](const auto& skill) { return skill.uri == *uri; };
    auto found = std::find_if(registry_->skills.begin(), registry_->skills.end(), same);
    if (found == registry_->skills.end())
      return Reply(
          protocol::invalid_params("Unknown skill: " + uri->substr(0, 200) + "; the URI is that of its SKILL.md, as in skills/list"));
    Reply reply("{\"skill\":" + found->definition + "}");
    reply.hints = hints_;
    return reply;
  }
  auto found = registry_->directories.find(*uri);
  if (found == registry_->directories.end())
    return Reply(protocol::invalid_params("Not a directory: " + uri->substr(0, 200) + "; its URI has no / at its end"));
  Page entries;
  for (const auto& [child, definition] : found->second) entries.push_back(definition);
  return list("resources", entries, in.rpc.params.cursor);
}

}  // namespace sdk
