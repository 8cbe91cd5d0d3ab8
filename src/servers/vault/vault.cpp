#include "servers/vault/vault.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"

namespace servers {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuiet{40};
constexpr milliseconds kMost{150};

bool is_hidden(std::string_view path) {
  for (std::string_view part : path_parts(path))
    if (part.starts_with('.')) return true;
  return false;
}

Stamp stamp_of(const Info& info) { return {info.modified_ns, info.size, info.inode}; }

std::string_view first_word(std::string_view part) { return part.starts_with('#') ? part.substr(1) : part; }

}  // namespace

// Files that were read and wait to be put into the index together.
class Batch {
 public:
  Batch(const Tree& tree, NoteIndex& index) : tree_(tree), index_(index) {}

  void add(const std::string& path, Stamp stamp, bool is_new) {
    IndexedFile file{path, stamp, "", {}};
    if (is_note_path(path)) {
      // What cannot be read has a name all the same, so that links to it lead somewhere.
      auto text = tree_.read(path);
      file.text = text ? repaired(*text) : std::string();
      file.note = parse_note(file.text);
    }
    bytes_ += file.text.size();
    files_.push_back(std::move(file));
    (is_new ? change_.added : change_.updated).push_back(path);
    if (files_.size() >= 200 || bytes_ >= (4 << 20)) flush();
  }
  void remove(std::vector<std::string> paths) {
    if (paths.empty()) return;
    flush();
    index_.remove(paths);
    change_.removed.insert(change_.removed.end(), std::make_move_iterator(paths.begin()), std::make_move_iterator(paths.end()));
  }
  VaultChange finish() {
    flush();
    return std::move(change_);
  }

 private:
  void flush() {
    if (!files_.empty()) index_.put(files_);
    files_.clear();
    bytes_ = 0;
  }

  const Tree& tree_;
  NoteIndex& index_;
  std::vector<IndexedFile> files_;
  std::size_t bytes_ = 0;
  VaultChange change_;
};

Result<std::unique_ptr<Vault>> Vault::open(VaultOptions options) {
  auto tree = Tree::open({options.root}, options.limits);
  if (!tree) return std::move(tree).error();
  auto index = NoteIndex::open();
  if (!index) return std::move(index).error();
  return std::unique_ptr<Vault>(new Vault(std::move(options), *std::move(tree), *std::move(index)));
}

Vault::Vault(VaultOptions options, Tree tree, NoteIndex index)
    : options_(std::move(options)), tree_(std::move(tree)), index_(std::move(index)) {
  if (auto watch = FolderWatch::open()) watch_.emplace(*std::move(watch));
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

Vault::~Vault() {
  thread_.request_stop();
  if (watch_) watch_->wake();
  { std::lock_guard lock(mutex_); }  // whoever has just looked at the stop token waits by now
  first_look_.notify_all();
}

Result<> Vault::ready() {
  std::unique_lock lock(mutex_);
  if (first_look_.wait_for(lock, options_.patience, [this] { return looked_; })) return {};
  return Error(Code::unavailable, "the vault is still being read; try again in a few seconds");
}

void Vault::run(std::stop_token stop) {
  Batch first(tree_, index_);
  watch_is_whole_ = watch_ && options_.watching == VaultOptions::Watching::events;
  look_below("", stop, first);
  first.finish();
  {
    std::lock_guard lock(mutex_);
    looked_ = true;
  }
  first_look_.notify_all();
  while (!stop.stop_requested()) {
    Changes changes;
    if (watch_) {
      changes = watch_->wait(watch_is_whole_ ? milliseconds(-1) : options_.look_every, kQuiet, kMost);
      changes.everything = changes.everything || (!watch_is_whole_ && changes.empty());
    } else {
      std::unique_lock lock(mutex_);
      first_look_.wait_for(lock, options_.look_every, [&] { return stop.stop_requested(); });
      changes.everything = true;
    }
    if (!stop.stop_requested()) look_at(changes, stop);
  }
}

void Vault::look_at(const Changes& changes, std::stop_token stop) {
  std::unique_lock lock(changing_);
  Batch batch(tree_, index_);
  if (changes.everything) {
    watch_is_whole_ = watch_ && options_.watching == VaultOptions::Watching::events;
    look_below("", stop, batch);
  } else {
    for (const std::string& folder : changes.folders)
      if (!is_hidden(folder)) look_below(folder, stop, batch);
    for (const std::string& file : changes.files)
      if (!is_hidden(file)) look_at_file(file, batch);
  }
  VaultChange change = batch.finish();
  lock.unlock();
  if (!stop.stop_requested()) tell(change);
}

VaultChange Vault::learn(const std::string& path) {
  Batch batch(tree_, index_);
  look_at_file(path, batch);
  return batch.finish();
}

void Vault::tell(const VaultChange& change) const {
  if (!change.empty() && options_.on_change) options_.on_change(change);
}

bool Vault::watch(const std::string& folder) {
  if (!watch_ || options_.watching == VaultOptions::Watching::looking) return false;
  const Root& root = *tree_.roots().front();
  Opened opened = open_beneath(root.fd.get(), folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, root.names, options_.limits.resolver);
  return !opened || watch_->add(opened.fd.get(), folder);
}

void Vault::look_below(const std::string& folder, std::stop_token stop, Batch& batch) {
  auto known = index_.below(folder);
  std::set<std::string> gone;
  for (auto& [path, stamp] : known) gone.insert(path);
  auto see = [&](const std::string& path, Kind kind, Stamp stamp) {
    if (kind == Kind::link) {
      // Named like a file of the vault, and its content is what it leads to, if that is inside.
      auto info = tree_.info(path);
      if (!info || info->kind != Kind::file) return;
      stamp = stamp_of(*info);
    } else if (kind != Kind::file) {
      return;
    }
    bool is_new = gone.erase(path) == 0;
    if (is_new || index_.stamp(path) != stamp) batch.add(path, stamp, is_new);
  };
  if (watch_) watch_->forget(folder);
  auto info = tree_.info(folder.empty() ? "." : folder);
  if (info && info->kind == Kind::folder) {
    // Each folder is watched before it is listed, so that nothing falls between.
    if (!watch(folder)) watch_is_whole_ = false;
    auto walked = tree_.walk(folder.empty() ? "." : folder, Tree::With::sizes, stop, [&](const Visit& visit) {
      if (visit.entry.name.starts_with('.')) return Onward::pass;
      std::string path = folder.empty() ? visit.path : folder + "/" + visit.path;
      if (visit.entry.kind == Kind::folder && !watch(path)) watch_is_whole_ = false;
      see(path, visit.entry.kind, {visit.entry.modified_ns, visit.entry.size, visit.entry.inode});
      return Onward::enter;
    });
    // What was not seen may still be there.
    if (!walked && walked.error().code != Code::not_found) return;
  }
  if (info && info->kind != Kind::folder) gone.clear();
  batch.remove({gone.begin(), gone.end()});
}

void Vault::look_at_file(const std::string& path, Batch& batch) {
  auto known = index_.stamp(path);
  auto info = tree_.info(path);
  if (info && info->kind == Kind::file) {
    if (known != stamp_of(*info)) batch.add(path, stamp_of(*info), !known);
  } else if (known) {
    batch.remove({path});
  }
}

Error no_heading(std::string_view path, std::string_view heading, const Note& note) {
  std::string all;
  for (std::size_t i = 0; i < note.headings.size() && i < 30; ++i) all += (i ? ", " : "") + visible(note.headings[i].text);
  return {Code::not_found,
          in_quotes(path) + " has no heading " + in_quotes(heading) + (all.empty() ? "; it has none at all" : "; it has: " + all)};
}

Result<std::vector<NoteHit>> Vault::search(std::string_view query, const NoteFilter& filter, std::size_t limit) {
  auto parsed = Query::parse(query);
  if (!parsed) return std::move(parsed).error();
  if (auto known = ready(); !known) return std::move(known).error();
  return index_.search(*parsed, filter, limit);
}

Result<NotePage> Vault::list(const NoteFilter& filter, std::size_t limit, std::string_view cursor) {
  if (auto known = ready(); !known) return std::move(known).error();
  return index_.list(filter, limit, cursor);
}

std::string Vault::nearest_text(std::string_view path) const {
  std::string out;
  for (const Candidate& one : index_.nearest(path, 3)) out += (out.empty() ? "; near it: " : ", ") + visible(one.path);
  return out.empty() ? "; list shows what exists" : out;
}

Result<std::string> Vault::known_path(std::string_view path) const {
  if (path.empty()) return Error(Code::invalid_argument, "the path is empty");
  // Paths below the vault, also when they are given as absolute.
  std::string below_vault(path);
  if (auto place = tree_.place(path); place && path.starts_with('/')) below_vault = place->rest;
  if (auto exact = index_.find_path(below_vault)) return *std::move(exact);
  if (Resolution named = index_.resolve(below_vault, ""); named.how != Resolution::How::nothing) return std::move(named.path);
  return Error(Code::not_found, "there is no note " + in_quotes(path) + nearest_text(path));
}

Result<LinkTarget> Vault::resolve(const Link& link, std::string_view from) {
  if (auto known = ready(); !known) return std::move(known).error();
  std::string source;
  if (!from.empty()) {
    auto path = known_path(from);
    if (!path) return std::move(path).error();
    source = *std::move(path);
  }
  if (link.target.empty() && source.empty())
    return Error(Code::invalid_argument, "the link names no note; give the name, or `from` for a link within a note");
  LinkTarget target;
  target.resolution = index_.resolve(link.target, source);
  if (target.resolution.how == Resolution::How::nothing) {
    target.candidates = index_.nearest(link.target, 5);
  } else if ((!link.heading.empty() || !link.block.empty()) && is_note_path(target.resolution.path)) {
    auto text = tree_.read(target.resolution.path);
    if (!text) return std::move(text).error();
    if (!link.heading.empty()) target.heading_exists = has_heading(parse_note(*text), link.heading);
    if (!link.block.empty()) target.block_exists = !find_block(*text, link.block).empty();
  }
  return target;
}

Result<std::vector<Backlink>> Vault::backlinks(std::string_view path, std::size_t limit) {
  if (auto known = ready(); !known) return std::move(known).error();
  auto exact = known_path(path);
  if (!exact) return std::move(exact).error();
  return index_.backlinks(*exact, limit);
}

Result<Neighbourhood> Vault::neighbours(std::string_view path, int steps, std::size_t limit) {
  constexpr std::size_t kMostLinks = 2000;  // of one note: a hub must not hold up the others
  if (auto known = ready(); !known) return std::move(known).error();
  auto start = known_path(path);
  if (!start) return std::move(start).error();
  Neighbourhood out;
  std::map<std::string, std::size_t> places{{*start, 0}};  // in out.notes, from 1
  auto meet = [&](std::string found, std::string title, const std::string& via, int step) -> Neighbour* {
    auto known = places.find(found);
    if (known != places.end()) {
      // Only the links between it and the note by which it was found say how.
      if (known->second == 0 || out.notes[known->second - 1].via != via) return nullptr;
      return &out.notes[known->second - 1];
    }
    if (out.notes.size() >= limit) {
      out.more = true;
      return nullptr;
    }
    out.notes.push_back({found, std::move(title), step, via, false, false});
    places.emplace(std::move(found), out.notes.size());
    return &out.notes.back();
  };
  for (std::size_t next = 0; next <= out.notes.size(); ++next) {
    std::string here = next == 0 ? *start : out.notes[next - 1].path;
    int step = next == 0 ? 1 : out.notes[next - 1].steps + 1;
    if (step > steps) break;
    for (Outgoing& link : index_.links_from(here)) {
      if (link.path.empty()) {
        if (next == 0) out.missing.push_back(std::move(link.link));
      } else if (link.note) {
        if (Neighbour* one = meet(std::move(link.path), std::move(link.title), here, step)) one->to = true;
      }
    }
    for (Backlink& link : index_.backlinks(here, kMostLinks))
      if (Neighbour* one = meet(std::move(link.path), std::move(link.title), here, step)) one->from = true;
    if (out.more) break;
  }
  return out;
}

Result<NoteText> Vault::read(std::string_view path, std::string_view part) {
  if (auto place = tree_.place(path); place && is_hidden(place->rest))
    return Error(Code::denied, in_quotes(path) + " is hidden, and no part of the vault");
  // A path as it stands needs no index.
  std::string exact(path);
  if (auto direct = tree_.info(path); !direct || direct->kind != Kind::file) {
    if (direct || direct.error().code != Code::denied) {
      if (auto known = ready(); !known) return std::move(known).error();
      auto found = known_path(path);
      if (!found) return std::move(found).error();
      exact = *std::move(found);
    }
  }
  auto place = tree_.place(exact);
  if (!place) return std::move(place).error();
  auto text = tree_.read(exact);
  if (!text) return std::move(text).error();
  NoteText out{place->rest, ""};
  if (looks_binary(*text)) return Error(Code::invalid_argument, in_quotes(path) + " is an attachment, not a note");
  *text = repaired(*text);
  std::string_view wanted = first_word(part);
  if (wanted.empty()) {
    out.text = *std::move(text);
  } else if (wanted.starts_with('^')) {
    out.text = find_block(*text, wanted.substr(1));
    if (out.text.empty()) return Error(Code::not_found, in_quotes(out.path) + " has no block " + in_quotes(wanted));
  } else {
    Note note = parse_note(*text);
    out.text = find_section(*text, note, wanted);
    if (out.text.empty()) return no_heading(out.path, wanted, note);
  }
  if (out.text.size() > options_.limits.result)
    return Error(Code::too_large, in_quotes(out.path) + " has " + size_text(out.text.size()) + ", and an answer at most " +
                                      size_text(options_.limits.result) + "; read it by heading");
  return out;
}

}  // namespace servers
