// Vault: a folder of Markdown notes, known by heart and kept fresh.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "servers/filesystem/tree.h"
#include "servers/vault/folder_watch.h"
#include "servers/vault/note_index.h"

namespace servers {

// What became of notes and attachments, by path.
struct VaultChange {
  std::vector<std::string> added, updated, removed;
  bool empty() const { return added.empty() && updated.empty() && removed.empty(); }
};

struct VaultOptions {
  RootOptions root;
  TreeLimits limits;
  // Called after the index knows, on the vault's own thread or on that of a create() or append(), so by several at the same time; not
  // for what the first look finds. Must not wait for the vault.
  std::function<void(const VaultChange&)> on_change = {};
  enum class Watching {
    events,  // told by the kernel; where that is not to be had, as by looking
    looking  // compares everything, every `look_every`
  } watching = Watching::events;
  std::chrono::milliseconds look_every{5000};
  // How long a question waits for the first look to end.
  std::chrono::milliseconds patience{15'000};
};

// A link, and where it leads.
struct LinkTarget {
  Resolution resolution;
  std::optional<bool> heading_exists, block_exists;  // absent when the link names none, or the note does not exist
  std::vector<Candidate> candidates;                 // only when it leads nowhere
};

// A part of a note.
struct NoteText {
  std::string path;
  std::string text;
};

// A note near another in the graph of links.
struct Neighbour {
  std::string path, title;
  int steps = 1;
  std::string via;    // the note one step nearer
  bool to = false;    // `via` links to it
  bool from = false;  // it links to `via`
};
struct Neighbourhood {
  std::vector<Neighbour> notes;      // the nearest first
  std::vector<std::string> missing;  // links of the note itself that lead nowhere, as written
  bool more = false;                 // there are others, which were left out
};

// Where a note was made or added to.
struct Placed {
  std::string path;
  std::size_t line = 1;  // where the new text begins
};

// A folder of Markdown notes. Hidden files and folders are no part of it.
// Owns: an index and a thread that fills it and keeps it fresh; destroying the vault stops and joins it.
// Threads: any; all calls block, for as long as `patience` while the first look is on.
// Errors, everywhere: unavailable (still looking), and those of Tree.
class Vault {
 public:
  // Returns at once; the first look goes on behind. Errors: those of Tree::open.
  static Result<std::unique_ptr<Vault>> open(VaultOptions options);
  ~Vault();

  Result<std::vector<NoteHit>> search(std::string_view query, const NoteFilter& filter, std::size_t limit);
  Result<NotePage> list(const NoteFilter& filter, std::size_t limit, std::string_view cursor);
  Result<LinkTarget> resolve(const Link& link, std::string_view from);
  // Error: not_found, with the nearest names.
  Result<std::vector<Backlink>> backlinks(std::string_view path, std::size_t limit);
  // The notes at most `steps` links away, whichever way the links point, at most `limit`. Error: as backlinks().
  Result<Neighbourhood> neighbours(std::string_view path, int steps, std::size_t limit);
  // The whole note, or what is below a heading ("Heading", "A#B") or a block ("^name"). The path may lack `.md`, differ in case, or be
  // only the note's name.
  // Error: not_found, with the nearest names or the note's headings.
  Result<NoteText> read(std::string_view path, std::string_view part);

  // Makes a note; `.md` is added where it is missing, and folders that are missing are made. Folders are taken as they are spelled in
  // the vault. The index knows the note when this returns.
  // Errors: conflict (there is a note of that path, in whatever case), invalid_argument (a name that no link could write), denied (the
  // root's mode).
  Result<Placed> create(std::string_view path, std::string_view text);
  // Adds to the end of a note, or below one of its headings, which needs mode write unless it is the last. The path is given as for
  // read(). The note's line ends are kept. The index knows the text when this returns.
  // Errors: not_found (it makes no note), invalid_argument (a name that several notes have), conflict (somebody else changed the note
  // meanwhile), denied.
  Result<Placed> append(std::string_view path, std::string_view text, std::string_view heading);

  // Waits for the first look. Error: unavailable.
  Result<> ready();
  const Tree& tree() const { return tree_; }
  RootMode mode() const { return options_.root.mode; }
  std::size_t limit() const { return options_.limits.result; }

 private:
  Vault(VaultOptions options, Tree tree, NoteIndex index);
  void run(std::stop_token stop);
  void look_at(const Changes& changes, std::stop_token stop);
  // Compares all below `folder` with the index; collects into `batch`.
  void look_below(const std::string& folder, std::stop_token stop, class Batch& batch);
  void look_at_file(const std::string& path, class Batch& batch);
  bool watch(const std::string& folder);
  Result<std::string> known_path(std::string_view path) const;
  std::string nearest_text(std::string_view path) const;
  // The path of a new note as it is to be spelled.
  Result<std::string> free_path(std::string_view path) const;
  // The path of the one note that is meant, to be changed.
  Result<std::string> one_note(std::string_view path);
  Result<> insert(const std::string& path, const std::string& before, std::size_t at, const std::string& added, const Stamp& stamp);
  // Takes up one file at once. With changing_ held.
  VaultChange learn(const std::string& path);
  void tell(const VaultChange& change) const;

  VaultOptions options_;
  Tree tree_;
  NoteIndex index_;
  std::optional<FolderWatch> watch_;
  bool watch_is_whole_ = false;  // false: some folders are not watched, and have to be looked at

  // Held while something is looked at or written, so that an older look never replaces what a write has put into the index.
  std::mutex changing_;

  std::mutex mutex_;
  std::condition_variable first_look_;
  bool looked_ = false;

  std::jthread thread_;  // last: ends before what it uses
};

// The answer to who asks for a heading that `note` has not.
Error no_heading(std::string_view path, std::string_view heading, const Note& note);

}  // namespace servers
