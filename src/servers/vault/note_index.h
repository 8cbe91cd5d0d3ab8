// NoteIndex: what is in a vault, for quick questions.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "servers/vault/note.h"
#include "servers/vault/query.h"
#include "servers/vault/sqlite.h"

namespace servers {

// What tells one state of a file from another.
struct Stamp {
  std::int64_t modified_ns = 0;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

// One file, ready to be indexed. Attachments have no note.
struct IndexedFile {
  std::string path;  // below the vault, with slashes
  Stamp stamp;
  std::string text;
  std::optional<Note> note;
};

// Which notes a question is about; empty members ask for nothing.
struct NoteFilter {
  std::string folder;
  std::string tag;                   // it or what is nested below it, with or without #
  std::string key;                   // a property that must be there…
  std::optional<std::string> value;  // …with this value, or this item in its list
  std::string since, until;          // the note's day, both included: a year, a month or a day, as 2030-05-31 begins
};

struct NoteHit {
  std::string path, title, excerpt;
  std::string day;  // see day_of()
  std::size_t line = 1;
  double score = 0;
};
struct NoteEntry {
  std::string path, title;
  std::vector<std::string> tags;
  std::int64_t modified_ns = 0;
};
struct NotePage {
  std::vector<NoteEntry> notes;
  std::string next_cursor;  // empty at the end
};
// Where a link leads.
struct Resolution {
  enum class How { exact, alias, nothing };
  How how = How::nothing;
  std::string path;
  std::string alias;                // that matched, as its note writes it
  std::vector<std::string> others;  // what the link may mean as well, at most ten
};
// A note that a link that leads nowhere may have meant.
struct Candidate {
  std::string path, name;  // the name or alias that is near
  double likeness = 0;     // from 0 to 1
};
struct Backlink {
  std::string path, title;
  std::size_t line = 0;
  std::string link;  // as it is written
};

// A link that a note holds.
struct Outgoing {
  std::string link;         // as it is written
  std::string path, title;  // where it leads; empty when nowhere
  bool note = false;        // it leads to a note, and not to an attachment
};

// The names, words, tags, properties and links of all notes.
// Owns: a private database. Threads: any; one question or change at a time.
class NoteIndex {
 public:
  static mcp::Result<NoteIndex> open();
  NoteIndex(NoteIndex&& other) noexcept : database_(std::move(other.database_)) {}

  // Adds or replaces the files, all at once.
  void put(const std::vector<IndexedFile>& files);
  void remove(const std::vector<std::string>& paths);
  // Every path below `folder` ("" for all), and how it was when it was indexed.
  std::vector<std::pair<std::string, Stamp>> below(std::string_view folder) const;
  std::optional<Stamp> stamp(std::string_view path) const;
  std::size_t note_count() const;

  // The best notes for `query`: those that have all its words, and when these are few, those that have some.
  std::vector<NoteHit> search(const Query& query, const NoteFilter& filter, std::size_t limit) const;
  // Notes by path, from behind `cursor`.
  NotePage list(const NoteFilter& filter, std::size_t limit, std::string_view cursor) const;
  // Where `target` leads when it stands in the note `from` (may be empty), by Obsidian's rules: the exact path, then below the
  // folder of `from`, then the shortest path; upper and lower case are the same. An alias counts when no name does.
  Resolution resolve(std::string_view target, std::string_view from) const;
  std::vector<Candidate> nearest(std::string_view target, std::size_t limit) const;
  // Links in other notes that lead to `path`, at most `limit`.
  std::vector<Backlink> backlinks(std::string_view path, std::size_t limit) const;
  // Where the links in `path` lead, each target once, in their order; not those within the note itself.
  std::vector<Outgoing> links_from(std::string_view path) const;
  // The path as it is spelled in the vault, for one that may differ in case or lack its ending.
  std::optional<std::string> find_path(std::string_view path) const;

 private:
  explicit NoteIndex(Database database) : database_(std::move(database)) {}
  void put_one(const IndexedFile& file);
  void remove_one(std::string_view path);
  Resolution resolve_locked(std::string_view target, std::string_view from) const;

  mutable std::mutex mutex_;
  Database database_;
};

// The day that a note is about, as 2030-05-31: its property `date` or `created`, else the date that its name begins with, else the day
// (UTC) of its last change.
std::string day_of(std::string_view path, const Note& note, std::int64_t modified_ns);
// True for a day, a month or a year: 2030-05-31, 2030-05, 2030.
bool is_day_or_longer(std::string_view text);
// The last part of a path without `.md`, in lower case: what links compare.
std::string name_key(std::string_view path);
// The last part of a path without `.md`.
std::string_view note_name(std::string_view path);
bool is_note_path(std::string_view path);

}  // namespace servers
