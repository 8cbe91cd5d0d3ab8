// Skills as folders on disk, and their places as URIs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace sdk {

// What one skill may hold (SEP-2640, "Resources"), and all skills of a server together.
inline constexpr std::size_t kMostSkillFiles = 512;
inline constexpr std::size_t kMostSkillBytes = 16UL * 1024 * 1024;
inline constexpr std::size_t kMostBytesOfAllSkills = 128UL * 1024 * 1024;

// A file of a skill, as it was when it was read.
struct SkillSource {
  std::string path;  // from the skill's folder, with `/`
  std::string bytes;
};

// What is in a skill's folder.
struct SkillFolder {
  std::vector<SkillSource> files;
  std::vector<std::string> directories;  // from the skill's folder; the folder itself is not among them
};

// Reads the whole folder, in the order of the names. What begins with a dot is left out.
// Errors: not_found (no such folder, or no SKILL.md in it), invalid_argument (a link, or what is neither file nor folder), too_large.
// Blocks.
mcp::Result<SkillFolder> read_skill_folder(const std::string& folder);

// The paths below `folder`, in order, of each folder with a SKILL.md; "" is `folder` itself. Errors: as above. Blocks.
mcp::Result<std::vector<std::string>> find_skill_folders(const std::string& folder);

// `path` as the part of a URI behind `skill://`, each segment percent-encoded.
std::string encode_path(std::string_view path);

// The media type of a file by the ending of its name, or else by what is in it.
std::string media_type(std::string_view path, std::string_view bytes);
bool is_text(std::string_view bytes);

// Empty, or what is wrong with the name of a skill (Agent Skills, "name").
std::string skill_name_problem(std::string_view name);

}  // namespace sdk
