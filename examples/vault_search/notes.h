// Searching Markdown files. Nothing in here knows of MCP.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

struct Note {
  std::string path;     // relative to the folder
  std::string excerpt;  // the line with most of the words, and the lines around it
  std::size_t score;    // how often the words stand there; a word in the path counts ten times
};

// The best notes under `folder` that hold every word of `query`, whatever its case, best first. Hidden folders, files over 1 MB and
// symbolic links are left out. Ends early, with what it has, when `stop` is requested.
std::vector<Note> find_notes(const std::string& folder, const std::string& query, std::size_t most, std::stop_token stop);
