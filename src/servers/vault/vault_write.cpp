// Making notes and adding to them.
#include <algorithm>
#include <utility>

#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"
#include "servers/vault/fold.h"
#include "servers/vault/vault.h"

namespace servers {

namespace {

// Obsidian takes no such file names, or could not write them in a link.
constexpr std::string_view kNotInNames = "*\"\\<>:|?#^[]";

Result<> check_name(std::string_view part, std::string_view path) {
  auto wrong = [&](const std::string& why) { return Error(Code::invalid_argument, in_quotes(path) + " is no good path: " + why); };
  if (part.starts_with('.')) return wrong("names that begin with a point are hidden, and no part of the vault");
  if (part.front() == ' ' || part.back() == ' ' || part.back() == '.')
    return wrong("a name must not begin or end with a space, or end with a point");
  for (char c : part) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return wrong("a name must not hold control characters");
    if (kNotInNames.find(c) != std::string_view::npos)
      return wrong("a name must not hold " + std::string(1, c) + "; links could not name it. Not allowed are * \" \\ < > : | ? # ^ [ ]");
  }
  return {};
}

Result<> check_note_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    return Error(Code::invalid_argument, "the text holds a NUL character; notes are plain Markdown");
  return {};
}

// `text` with the line ends of the note, and one at its end.
std::string as_lines(std::string_view text, std::string_view line_end) {
  std::string out = with_line_ends(text, line_end);
  if (!out.ends_with('\n')) out += line_end;
  return out;
}

// Behind the last line below the heading that is not blank; the end of the note where nothing follows.
std::size_t end_of(std::string_view text, std::string_view section) {
  auto end = static_cast<std::size_t>(section.data() - text.data()) + section.size();
  if (end == text.size()) return end;
  std::size_t last = text.find_last_not_of(" \t\r\n", end - 1);
  return text.find('\n', last) + 1;
}

}  // namespace

Result<std::string> Vault::free_path(std::string_view path) const {
  if (path.empty()) return Error(Code::invalid_argument, "the path is empty");
  if (path.ends_with('/')) return Error(Code::invalid_argument, in_quotes(path) + " names a folder; add the name of the note");
  auto place = tree_.place(path);
  if (!place) return std::move(place).error();
  std::string wanted = is_note_path(place->rest) ? place->rest : place->rest + ".md";
  if (place->rest == ".") return Error(Code::invalid_argument, in_quotes(path) + " names the vault itself; add the name of the note");
  std::string out;
  bool exists = true;  // the folder so far
  auto parts = path_parts(wanted);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    bool last = i + 1 == parts.size();
    if (auto fine = check_name(last ? note_name(parts[i]) : parts[i], path); !fine) return std::move(fine).error();
    std::string spelled(parts[i]);
    // What the disk has counts: what others made a moment ago is not in the index yet.
    auto entries = exists ? tree_.list(out.empty() ? "." : out) : Result<std::vector<Entry>>(std::vector<Entry>());
    if (!entries) return std::move(entries).error();
    auto same = std::find_if(entries->begin(), entries->end(), [&](const Entry& one) { return one.name == parts[i]; });
    if (std::string key = fold(parts[i]); same == entries->end())
      same = std::find_if(entries->begin(), entries->end(), [&](const Entry& one) { return fold(one.name) == key; });
    exists = same != entries->end();
    if (exists) spelled = same->name;
    out += (out.empty() ? "" : "/") + spelled;
    if (exists && last)
      return Error(Code::conflict, "the vault has " + in_quotes(out) + " already; add to it with append, or choose another name");
  }
  return out;
}

Result<std::string> Vault::one_note(std::string_view path) {
  if (path.empty()) return Error(Code::invalid_argument, "the path is empty");
  auto place = tree_.place(path);
  if (!place) return std::move(place).error();
  if (path_parts(place->rest).empty())
    return Error(Code::invalid_argument, in_quotes(path) + " names the vault itself; add the name of the note");
  for (std::string_view part : path_parts(place->rest))
    if (part.starts_with('.')) return Error(Code::denied, in_quotes(path) + " is hidden, and no part of the vault");
  std::string exact;
  for (const std::string& one : {place->rest, place->rest + ".md"})
    if (auto info = tree_.info(one); exact.empty() && info && info->kind == Kind::file) exact = one;
  if (exact.empty()) {
    if (auto found = index_.find_path(place->rest)) {
      exact = *std::move(found);
    } else {
      Resolution named = index_.resolve(place->rest, "");
      if (named.how == Resolution::How::nothing)
        return Error(Code::not_found, "there is no note " + in_quotes(path) + nearest_text(path) + "; create makes a new one");
      if (!named.others.empty()) {
        std::string all = visible(named.path);
        for (const std::string& other : named.others) all += ", " + visible(other);
        return Error(Code::invalid_argument, in_quotes(path) + " may be any of " + all + "; give the path");
      }
      exact = std::move(named.path);
    }
  }
  if (!is_note_path(exact)) return Error(Code::invalid_argument, in_quotes(path) + " is an attachment, not a note");
  return exact;
}

Result<Placed> Vault::create(std::string_view path, std::string_view text) {
  if (auto fine = check_note_text(text); !fine) return std::move(fine).error();
  if (auto known = ready(); !known) return std::move(known).error();
  Placed out;
  VaultChange change;
  {
    std::lock_guard lock(changing_);
    auto free = free_path(path);
    if (!free) return std::move(free).error();
    out.path = *std::move(free);
    if (std::size_t slash = out.path.rfind('/'); slash != std::string::npos)
      if (auto made = tree_.make_folder(out.path.substr(0, slash)); !made) return std::move(made).error();
    if (auto made = tree_.create(out.path, text.empty() ? std::string() : as_lines(text, "\n")); !made) return std::move(made).error();
    change = learn(out.path);
  }
  tell(change);
  return out;
}

Result<> Vault::insert(const std::string& path, const std::string& before, std::size_t at, const std::string& added, const Stamp& stamp) {
  if (at == before.size()) return tree_.append(path, added);
  // The note is written anew, so it has to be the one that was read.
  auto info = tree_.info(path);
  if (!info) return std::move(info).error();
  if (stamp != Stamp{info->modified_ns, info->size, info->inode})
    return Error(Code::conflict, in_quotes(path) + " has just been changed by somebody else; read it, and try again");
  return tree_.write(path, before.substr(0, at) + added + before.substr(at));
}

Result<Placed> Vault::append(std::string_view path, std::string_view text, std::string_view heading) {
  if (auto fine = check_note_text(text); !fine) return std::move(fine).error();
  if (auto known = ready(); !known) return std::move(known).error();
  while (heading.starts_with('#')) heading.remove_prefix(1);
  Placed out;
  VaultChange change;
  {
    std::lock_guard lock(changing_);
    auto note_path = one_note(path);
    if (!note_path) return std::move(note_path).error();
    out.path = *std::move(note_path);
    auto info = tree_.info(out.path);
    if (!info) return std::move(info).error();
    auto before = tree_.read(out.path);
    if (!before) return std::move(before).error();
    if (looks_binary(*before)) return Error(Code::invalid_argument, in_quotes(out.path) + " is no text; nothing can be added to it");
    std::size_t at = before->size();
    if (!heading.empty()) {
      Note note = parse_note(*before);
      std::string_view section = find_section(*before, note, heading);
      if (section.empty()) return no_heading(out.path, heading, note);
      at = end_of(*before, section);
    }
    std::string_view line_end = before->find("\r\n") == std::string::npos ? "\n" : "\r\n";
    std::string added = as_lines(text, line_end);
    out.line = line_number(*before, at);
    if (at > 0 && (*before)[at - 1] != '\n') {
      added.insert(0, line_end);
      ++out.line;
    }
    if (auto done = insert(out.path, *before, at, added, {info->modified_ns, info->size, info->inode}); !done)
      return std::move(done).error();
    change = learn(out.path);
  }
  tell(change);
  return out;
}

}  // namespace servers
