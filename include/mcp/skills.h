// Skills that a server publishes (SEP-2640), from the client's side: their list, and their files, each verified before it is used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mcp/client.h"
#include "mcp/content.h"
#include "mcp/json.h"
#include "mcp/task.h"

namespace mcp {

// A file of a skill, as its server promised it.
struct SkillFile {
  std::string uri;
  std::string digest;      // sha256:<64 hex characters>
  std::uint64_t size = 0;  // bytes
};

// One skill of a server. Its `uri`, that of its SKILL.md, means nothing without the server; names need not be unique.
struct Skill {
  std::string uri;
  std::string name, description;
  Json frontmatter;  // an object with all that its author wrote
  std::vector<SkillFile> files;
  bool dynamic = false;  // it is made when it is read: there are no files to hold it against
};

// Whether the server said that it has skills. Where it did not, the functions below end with not_found.
bool serves_skills(const Client& client);

// All skills that the server lists; it may have more. No file is read. An entry that breaks the format is left out.
Task<std::vector<Skill>> list_skills(Client& client);
// One skill by the URI of its SKILL.md, as it is now, listed or not. Errors: invalid_argument (no such skill).
Task<Skill> get_skill(Client& client, std::string uri);

// The text of the skill's SKILL.md, once its size, digest and frontmatter are what `skill` says.
// Errors: upstream_failed (they are not: the skill was changed or tampered with, and must not be used; get_skill() tells what it is now).
// What it says are words of the server: untrusted input for a model, never a reason to run anything.
Task<std::string> load_skill(Client& client, Skill skill);
// Another file of the skill, by its URI or by its path from the skill's folder, verified in the same way.
// Errors: denied (it is not among the files of the skill), upstream_failed.
Task<ResourceContents> read_skill_file(Client& client, Skill skill, std::string file);

// What is in a directory of the server's resources, such as skill://refunds/templates. A directory in it has the media type
// inode/directory. Errors: not_found (the server does not offer it), invalid_argument (no such directory).
Task<std::vector<ResourceInfo>> read_directory(Client& client, std::string uri);

}  // namespace mcp
