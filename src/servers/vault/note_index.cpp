#include "servers/vault/note_index.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <set>
#include <unordered_map>
#include <utility>

#include "servers/filesystem/beneath.h"
#include "servers/vault/fold.h"

namespace servers {

namespace {

constexpr std::string_view kSchema = R"sql(
CREATE TABLE files(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, path_key TEXT NOT NULL, name_key TEXT NOT NULL,
                   note INTEGER NOT NULL, title TEXT NOT NULL, day TEXT NOT NULL, front_lines INTEGER NOT NULL,
                   modified INTEGER NOT NULL, size INTEGER NOT NULL, inode INTEGER NOT NULL);
CREATE INDEX files_by_name ON files(name_key);
CREATE INDEX files_by_key ON files(path_key);
CREATE TABLE aliases(file INTEGER NOT NULL, key TEXT NOT NULL, alias TEXT NOT NULL);
CREATE INDEX aliases_by_key ON aliases(key);
CREATE INDEX aliases_by_file ON aliases(file);
CREATE TABLE tags(file INTEGER NOT NULL, key TEXT NOT NULL, tag TEXT NOT NULL);
CREATE INDEX tags_by_key ON tags(key);
CREATE INDEX tags_by_file ON tags(file);
CREATE TABLE properties(file INTEGER NOT NULL, key TEXT NOT NULL, value_key TEXT NOT NULL);
CREATE INDEX properties_by_key ON properties(key, value_key);
CREATE INDEX properties_by_file ON properties(file);
CREATE TABLE links(file INTEGER NOT NULL, name_key TEXT NOT NULL, target TEXT NOT NULL, shown TEXT NOT NULL, line INTEGER NOT NULL);
CREATE INDEX links_by_name ON links(name_key);
CREATE INDEX links_by_file ON links(file);
CREATE VIRTUAL TABLE words USING fts5(title, aliases, headings, tags, body, tokenize = "unicode61 remove_diacritics 2");
)sql";

// Everything below a folder, as a range of keys: '0' comes behind '/'. Until a month is until its last day: '~' comes behind all of it.
constexpr std::string_view kFilter = R"sql(
 AND (?1 = '' OR (f.path_key > ?1 || '/' AND f.path_key < ?1 || '0'))
 AND (?2 = '' OR EXISTS(SELECT 1 FROM tags t WHERE t.file = f.id AND (t.key = ?2 OR (t.key > ?2 || '/' AND t.key < ?2 || '0'))))
 AND (?3 = '' OR EXISTS(SELECT 1 FROM properties p WHERE p.file = f.id AND p.key = ?3 AND (?4 = 0 OR p.value_key = ?5)))
 AND (?6 = '' OR f.day >= ?6) AND (?7 = '' OR f.day < ?7 || '~')
)sql";

void bind_filter(Statement& s, const NoteFilter& filter) {
  std::string folder = filter.folder.empty() ? "" : normal_path(filter.folder);
  while (folder.starts_with('/')) folder.erase(0, 1);
  std::string_view tag = filter.tag;
  while (tag.starts_with('#')) tag.remove_prefix(1);
  while (tag.ends_with('/')) tag.remove_suffix(1);
  s.bind(folder == "." ? "" : fold(folder)).bind(fold(tag)).bind(fold(filter.key));
  s.bind(std::int64_t{filter.value.has_value()}).bind(filter.value ? fold(*filter.value) : "");
  s.bind(filter.since).bind(filter.until);
}

std::string shown_link(const Link& link) {
  std::string inner = link.target;
  if (!link.heading.empty()) inner += "#" + link.heading;
  if (!link.block.empty()) inner += "#^" + link.block;
  if (link.markdown) return (link.embed ? "![" : "[") + link.alias + "](" + inner + ")";
  if (!link.alias.empty()) inner += "|" + link.alias;
  return (link.embed ? "![[" : "[[") + inner + "]]";
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += word + "\n";
  return out;
}

std::string_view folder_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

bool is_note_path(std::string_view path) {
  return path.size() > 3 && path[path.size() - 3] == '.' && (path[path.size() - 2] | 32) == 'm' && (path.back() | 32) == 'd';
}

std::string_view note_name(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  return is_note_path(path) ? path.substr(0, path.size() - 3) : path;
}

bool is_day_or_longer(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (kShape[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  return true;
}

std::string day_of(std::string_view path, const Note& note, std::int64_t modified_ns) {
  for (std::string_view text : {note.property("date"), note.property("created"), note_name(path)})
    if (std::string_view day = text.substr(0, 10); day.size() == 10 && is_day_or_longer(day)) return std::string(day);
  auto seconds = static_cast<std::time_t>(modified_ns / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:%Y-%m-%d}", utc);
}

std::string name_key(std::string_view path) { return fold(note_name(path)); }

mcp::Result<NoteIndex> NoteIndex::open() {
  auto database = Database::open_private(kSchema);
  if (!database) return std::move(database).error();
  return NoteIndex(*std::move(database));
}

void NoteIndex::put(const std::vector<IndexedFile>& files) {
  std::lock_guard lock(mutex_);
  database_.run("BEGIN");
  for (const IndexedFile& file : files) {
    remove_one(file.path);
    put_one(file);
  }
  database_.run("COMMIT");
}

void NoteIndex::put_one(const IndexedFile& file) {
  static const Note kNone;
  const Note& note = file.note ? *file.note : kNone;
  std::string title(note.property("title"));
  if (title.empty()) title = note_name(file.path);
  Statement add = database_.prepare(
      "INSERT INTO files(path, path_key, name_key, note, title, day, front_lines, modified, size, inode) VALUES(?,?,?,?,?,?,?,?,?,?)");
  add.bind(file.path).bind(fold(file.path)).bind(name_key(file.path)).bind(std::int64_t{file.note.has_value()}).bind(title);
  add.bind(day_of(file.path, note, file.stamp.modified_ns));
  add.bind(static_cast<std::int64_t>(note.front_lines)).bind(file.stamp.modified_ns);
  add.bind(static_cast<std::int64_t>(file.stamp.size)).bind(static_cast<std::int64_t>(file.stamp.inode)).run();
  if (!file.note) return;
  std::int64_t id = database_.last_id();
  Statement alias = database_.prepare("INSERT INTO aliases VALUES(?,?,?)");
  for (const std::string& one : note.aliases) alias.bind(id).bind(fold(one)).bind(one).run();
  Statement tag = database_.prepare("INSERT INTO tags VALUES(?,?,?)");
  for (const std::string& one : note.tags) tag.bind(id).bind(fold(one)).bind(one).run();
  Statement property = database_.prepare("INSERT INTO properties VALUES(?,?,?)");
  for (const auto& [key, values] : note.properties) {
    if (values.empty()) property.bind(id).bind(key).bind("").run();
    for (const std::string& value : values) property.bind(id).bind(key).bind(fold(value)).run();
  }
  Statement link = database_.prepare("INSERT INTO links VALUES(?,?,?,?,?)");
  for (const Link& one : note.links)
    if (!one.target.empty())
      link.bind(id).bind(name_key(one.target)).bind(one.target).bind(shown_link(one)).bind(static_cast<std::int64_t>(one.line)).run();
  std::string headings;
  for (const Heading& one : note.headings) headings += one.text + "\n";
  std::string titles = title;
  if (title != note_name(file.path)) titles += "\n" + std::string(note_name(file.path));
  Statement words = database_.prepare("INSERT INTO words(rowid, title, aliases, headings, tags, body) VALUES(?,?,?,?,?,?)");
  words.bind(id)
      .bind(titles)
      .bind(join(note.aliases))
      .bind(headings)
      .bind(join(note.tags))
      .bind(std::string_view(file.text).substr(note.body))
      .run();
}

void NoteIndex::remove_one(std::string_view path) {
  Statement find = database_.prepare("SELECT id FROM files WHERE path = ?");
  if (!find.bind(path).step()) return;
  std::int64_t id = find.integer(0);
  find.reset();
  for (std::string_view sql :
       {"DELETE FROM words WHERE rowid = ?", "DELETE FROM aliases WHERE file = ?", "DELETE FROM tags WHERE file = ?",
        "DELETE FROM properties WHERE file = ?", "DELETE FROM links WHERE file = ?", "DELETE FROM files WHERE id = ?"})
    database_.prepare(sql).bind(id).run();
}

void NoteIndex::remove(const std::vector<std::string>& paths) {
  std::lock_guard lock(mutex_);
  database_.run("BEGIN");
  for (const std::string& path : paths) remove_one(path);
  database_.run("COMMIT");
}

std::vector<std::pair<std::string, Stamp>> NoteIndex::below(std::string_view folder) const {
  std::lock_guard lock(mutex_);
  Statement s = database_.prepare(
      "SELECT path, modified, size, inode FROM files WHERE ?1 = '' OR (path > ?1 || '/' AND path < ?1 || '0') ORDER BY path");
  s.bind(folder);
  std::vector<std::pair<std::string, Stamp>> out;
  while (s.step())
    out.push_back({s.text(0), {s.integer(1), static_cast<std::uint64_t>(s.integer(2)), static_cast<std::uint64_t>(s.integer(3))}});
  return out;
}

std::optional<Stamp> NoteIndex::stamp(std::string_view path) const {
  std::lock_guard lock(mutex_);
  Statement s = database_.prepare("SELECT modified, size, inode FROM files WHERE path = ?");
  if (!s.bind(path).step()) return std::nullopt;
  return Stamp{s.integer(0), static_cast<std::uint64_t>(s.integer(1)), static_cast<std::uint64_t>(s.integer(2))};
}

std::size_t NoteIndex::note_count() const {
  std::lock_guard lock(mutex_);
  Statement s = database_.prepare("SELECT count(*) FROM files WHERE note");
  return s.step() ? static_cast<std::size_t>(s.integer(0)) : 0;
}

std::vector<NoteHit> NoteIndex::search(const Query& query, const NoteFilter& filter, std::size_t limit) const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::int64_t, double>> best;
  // To rank costs time for each match. Of words that very many notes hold, which say little, only so many are ranked, and those that hold
  // them in their names besides.
  constexpr std::int64_t kMostRanked = 3000;
  Statement find = database_.prepare(
      "SELECT id, score, count(*) OVER () FROM (SELECT f.id AS id, f.path AS path, bm25(words, 10.0, 8.0, 4.0, 4.0, 1.0) AS score "
      "FROM words JOIN files f ON f.id = words.rowid WHERE words MATCH ?8" +
      std::string(kFilter) + " LIMIT ?10) ORDER BY score, path LIMIT ?9");
  // Adds what matches and is not there yet; true when not all could be ranked.
  auto add = [&](const std::string& match) {
    bool cut = false;
    bind_filter(find.reset(), filter);
    find.bind(match).bind(static_cast<std::int64_t>(limit)).bind(kMostRanked);
    while (find.step()) {
      std::int64_t id = find.integer(0);
      cut = find.integer(2) >= kMostRanked;
      if (std::none_of(best.begin(), best.end(), [&](const auto& one) { return one.first == id; })) best.push_back({id, -find.real(1)});
    }
    return cut;
  };
  if (add(query.all())) add(query.named());
  std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (best.size() < limit) add(query.any());
  if (best.size() > limit) best.resize(limit);
  Statement read =
      database_.prepare("SELECT f.path, f.title, f.front_lines, w.body, f.day FROM files f JOIN words w ON w.rowid = f.id WHERE f.id = ?");
  std::vector<NoteHit> hits;
  for (auto [id, score] : best) {
    if (!read.reset().bind(id).step()) continue;
    Excerpt excerpt = find_excerpt(read.text(3), query);
    hits.push_back({read.text(0), read.text(1), std::move(excerpt.text), read.text(4),
                    excerpt.line + static_cast<std::size_t>(read.integer(2)), score});
  }
  return hits;
}

NotePage NoteIndex::list(const NoteFilter& filter, std::size_t limit, std::string_view cursor) const {
  std::lock_guard lock(mutex_);
  Statement find = database_.prepare("SELECT f.id, f.path, f.title, f.modified FROM files f WHERE f.note AND f.path > ?8" +
                                     std::string(kFilter) + " ORDER BY f.path LIMIT ?9");
  bind_filter(find, filter);
  find.bind(cursor).bind(static_cast<std::int64_t>(limit + 1));
  Statement tags = database_.prepare("SELECT tag FROM tags WHERE file = ?");
  NotePage page;
  while (find.step()) {
    if (page.notes.size() == limit) {
      page.next_cursor = page.notes.back().path;
      break;
    }
    NoteEntry entry{find.text(1), find.text(2), {}, find.integer(3)};
    tags.reset().bind(find.integer(0));
    while (tags.step()) entry.tags.push_back(tags.text(0));
    page.notes.push_back(std::move(entry));
  }
  return page;
}

Resolution NoteIndex::resolve(std::string_view target, std::string_view from) const {
  std::lock_guard lock(mutex_);
  return resolve_locked(target, from);
}

Resolution NoteIndex::resolve_locked(std::string_view target, std::string_view from) const {
  Resolution out;
  if (target.empty()) {
    // A link within its own note.
    if (!from.empty()) out = {Resolution::How::exact, std::string(from), "", {}};
    return out;
  }
  std::string folder = fold(folder_of(from));
  std::string wanted = fold(target);
  bool relative = wanted.starts_with("./") || wanted.starts_with("../");
  bool rooted = wanted.starts_with('/') || relative;
  if (relative && !folder.empty()) wanted = folder + "/" + wanted;
  wanted = normal_path(wanted);
  while (wanted.starts_with('/')) wanted.erase(0, 1);
  if (is_note_path(wanted)) wanted.resize(wanted.size() - 3);

  struct Found {
    std::string path, key;
    int rank;
  };
  std::vector<Found> found;
  Statement s = database_.prepare("SELECT path, path_key, note FROM files WHERE name_key = ?");
  s.bind(name_key(wanted));
  while (s.step()) {
    std::string key = s.text(1);
    if (s.integer(2) && is_note_path(key)) key.resize(key.size() - 3);
    bool whole = key == wanted;
    if (!whole && (rooted || !key.ends_with("/" + wanted))) continue;
    bool near = !folder.empty() && key.starts_with(folder + "/");
    found.push_back({s.text(0), key, whole ? 0 : near ? 1 : 2});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tuple(a.rank, a.key.size(), std::string_view(a.path)) < std::tuple(b.rank, b.key.size(), std::string_view(b.path));
  });
  out.how = found.empty() ? Resolution::How::nothing : Resolution::How::exact;
  for (Found& one : found) {
    if (out.path.empty())
      out.path = std::move(one.path);
    else if (out.others.size() < 10)
      out.others.push_back(std::move(one.path));
  }
  if (!found.empty()) return out;
  Statement alias = database_.prepare(
      "SELECT f.path, a.alias FROM aliases a JOIN files f ON f.id = a.file WHERE a.key = ? ORDER BY length(f.path), f.path");
  alias.bind(fold(target));
  while (alias.step()) {
    if (out.path.empty()) {
      out.how = Resolution::How::alias;
      out.path = alias.text(0);
      out.alias = alias.text(1);
    } else if (out.others.size() < 10) {
      out.others.push_back(alias.text(0));
    }
  }
  return out;
}

std::vector<Candidate> NoteIndex::nearest(std::string_view target, std::size_t limit) const {
  std::string wanted = name_key(target);
  std::vector<Candidate> out;
  if (wanted.empty() || wanted.size() > 300) return out;
  std::size_t most = std::max<std::size_t>(2, wanted.size() / 3);
  auto consider = [&](std::string path, std::string name, const std::string& key) {
    double longer = static_cast<double>(std::max(key.size(), wanted.size()));
    double likeness = 0;
    if (std::size_t distance = edit_distance(wanted, key, most); distance <= most) likeness = 1 - static_cast<double>(distance) / longer;
    // "gateway" may mean "gateway design", and the other way round.
    if (key.size() >= 3 && wanted.size() >= 3 && (key.find(wanted) != std::string::npos || wanted.find(key) != std::string::npos))
      likeness = std::max(likeness, 0.4 + 0.5 * static_cast<double>(std::min(key.size(), wanted.size())) / longer);
    if (likeness <= 0) return;
    for (Candidate& one : out)
      if (one.path == path) {
        if (likeness > one.likeness) one = {std::move(path), std::move(name), likeness};
        return;
      }
    out.push_back({std::move(path), std::move(name), likeness});
    if (out.size() < 64) return;
    std::partial_sort(out.begin(), out.begin() + 32, out.end(),
                      [](const Candidate& a, const Candidate& b) { return a.likeness > b.likeness; });
    out.resize(32);
  };
  std::lock_guard lock(mutex_);
  Statement names = database_.prepare("SELECT path, name_key FROM files WHERE note");
  while (names.step()) {
    std::string path = names.text(0);
    std::string name(note_name(path));
    consider(std::move(path), std::move(name), names.text(1));
  }
  Statement aliases = database_.prepare("SELECT f.path, a.alias, a.key FROM aliases a JOIN files f ON f.id = a.file");
  while (aliases.step()) consider(aliases.text(0), aliases.text(1), aliases.text(2));
  std::sort(out.begin(), out.end(),
            [](const Candidate& a, const Candidate& b) { return std::tie(b.likeness, a.path) < std::tie(a.likeness, b.path); });
  if (out.size() > limit) out.resize(limit);
  return out;
}

std::vector<Backlink> NoteIndex::backlinks(std::string_view path, std::size_t limit) const {
  std::lock_guard lock(mutex_);
  Statement find = database_.prepare(
      "SELECT f.path, f.title, l.line, l.shown, l.target FROM links l JOIN files f ON f.id = l.file WHERE l.name_key = ?1 OR l.name_key IN "
      "(SELECT a.key FROM aliases a JOIN files t ON t.id = a.file WHERE t.path = ?2) ORDER BY f.path, l.line");
  find.bind(name_key(path)).bind(path);
  std::vector<Backlink> out;
  std::unordered_map<std::string, bool> leads_here;  // by folder of the source and target
  while (find.step() && out.size() < limit) {
    std::string source = find.text(0), target = find.text(4);
    if (source == path) continue;
    std::string key = std::string(folder_of(source)) + '\n' + target;
    auto known = leads_here.find(key);
    if (known == leads_here.end()) known = leads_here.emplace(key, resolve_locked(target, source).path == path).first;
    if (known->second) out.push_back({std::move(source), find.text(1), static_cast<std::size_t>(find.integer(2)), find.text(3)});
  }
  return out;
}

std::vector<Outgoing> NoteIndex::links_from(std::string_view path) const {
  std::lock_guard lock(mutex_);
  Statement find =
      database_.prepare("SELECT l.target, l.shown FROM links l JOIN files f ON f.id = l.file WHERE f.path = ? ORDER BY l.line");
  Statement about = database_.prepare("SELECT title, note FROM files WHERE path = ?");
  std::vector<Outgoing> out;
  std::set<std::string> seen;
  find.bind(path);
  while (find.step()) {
    Outgoing one{find.text(1), resolve_locked(find.text(0), path).path, "", false};
    // What leads nowhere is told by its name, whatever heading is asked of it.
    if (one.path == path || !seen.insert(one.path.empty() ? "\n" + fold(find.text(0)) : one.path).second) continue;
    if (!one.path.empty() && about.reset().bind(one.path).step()) {
      one.title = about.text(0);
      one.note = about.integer(1) != 0;
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::optional<std::string> NoteIndex::find_path(std::string_view path) const {
  std::lock_guard lock(mutex_);
  std::string normal = normal_path(path);
  while (normal.starts_with('/')) normal.erase(0, 1);
  Statement exact = database_.prepare("SELECT path FROM files WHERE path = ? OR path = ? || '.md' LIMIT 1");
  if (exact.bind(normal).bind(normal).step()) return exact.text(0);
  Statement folded = database_.prepare("SELECT path FROM files WHERE path_key = ? OR path_key = ? || '.md' ORDER BY path LIMIT 1");
  std::string key = fold(normal);
  if (folded.bind(key).bind(key).step()) return folded.text(0);
  return std::nullopt;
}

}  // namespace servers
