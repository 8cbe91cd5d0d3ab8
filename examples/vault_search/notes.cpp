#include "notes.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++n;
  return n;
}

std::optional<Note> judge(const std::string& path, const std::string& text, const std::vector<std::string>& words) {
  Note note{path, {}, 0};
  const std::string lower_text = lower(text), lower_path = lower(path);
  for (const auto& word : words) {
    std::size_t score = count(lower_text, word) + 10 * count(lower_path, word);
    if (score == 0) return std::nullopt;
    note.score += score;
  }
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line.substr(0, 300));
  std::size_t best = 0, most = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t found = 0;
    for (const auto& word : words) found += count(lower(lines[i]), word) > 0 ? 1 : 0;
    if (found > most) most = found, best = i;
  }
  std::size_t first = best > 0 ? best - 1 : 0;
  if (first + 3 > lines.size()) first = lines.size() > 3 ? lines.size() - 3 : 0;
  for (std::size_t i = first; i < std::min(first + 3, lines.size()); ++i) note.excerpt += (note.excerpt.empty() ? "" : "\n") + lines[i];
  return note;
}

}  // namespace

std::vector<Note> find_notes(const std::string& folder, const std::string& query, std::size_t most, std::stop_token stop) {
  std::istringstream split(lower(query));
  std::vector<std::string> words{std::istream_iterator<std::string>(split), {}};
  std::vector<Note> notes;
  if (words.empty()) return notes;

  std::error_code ec;
  auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, options, ec); !ec && it != fs::recursive_directory_iterator(); it.increment(ec)) {
    if (stop.stop_requested()) break;
    const bool hidden = it->path().filename().string().starts_with('.');
    if (hidden && it->is_directory(ec)) it.disable_recursion_pending();
    if (hidden || it->is_symlink(ec) || !it->is_regular_file(ec) || it->path().extension() != ".md" || it->file_size(ec) > 1'000'000)
      continue;
    std::ifstream file(it->path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (auto note = judge(fs::relative(it->path(), folder, ec).string(), text, words)) notes.push_back(*std::move(note));
  }
  std::stable_sort(notes.begin(), notes.end(),
                   [](const Note& a, const Note& b) { return a.score != b.score ? a.score > b.score : a.path < b.path; });
  if (notes.size() > most) notes.resize(most);
  return notes;
}
