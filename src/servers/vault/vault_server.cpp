#include "servers/vault/vault_server.h"

#include <fmt/format.h>

#include <utility>

#include "servers/filesystem/text.h"
#include "servers/vault/vault_tools.h"

namespace servers {

namespace {

constexpr std::size_t kPage = 500;

std::string note_uri(std::string_view path) {
  std::string out = "vault:///";
  for (char c : path) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

mcp::ToolOptions reads(std::string title) {
  return {.title = std::move(title), .annotations = {.read_only = true, .open_world = false}, .blocking = true};
}

mcp::ToolOptions adds(std::string title) {
  return {.title = std::move(title),
          .annotations = {.read_only = false, .destructive = false, .idempotent = false, .open_world = false},
          .blocking = true};
}

// Work for a worker thread. Named types: they end up in coroutine frames.
struct ReadWork {
  Vault* vault;
  std::string path, uri;
  Result<mcp::ResourceContents> operator()() const {
    auto note = vault->read(path, "");
    if (!note) return std::move(note).error();
    mcp::ResourceContents contents;
    contents.uri = uri;
    contents.mime_type = "text/markdown";
    contents.text = std::move(note->text);
    return contents;
  }
};
struct ListWork {
  Vault* vault;
  std::string cursor;
  Result<mcp::ResourcePage> operator()() const {
    auto page = vault->list({}, kPage, cursor);
    if (!page) return std::move(page).error();
    mcp::ResourcePage out;
    for (NoteEntry& note : page->notes) {
      mcp::ResourceInfo info;
      info.uri = note_uri(note.path);
      info.name = repaired(note.path);
      info.title = std::move(note.title);
      info.mime_type = "text/markdown";
      out.resources.push_back(std::move(info));
    }
    out.next_cursor = std::move(page->next_cursor);
    return out;
  }
};
struct CompleteWork {
  Vault* vault;
  std::string begun;
  Result<mcp::Completion> operator()() const {
    mcp::Completion out;
    auto page = vault->list({}, 5000, "");
    if (!page) return std::move(page).error();
    for (NoteEntry& note : page->notes)
      if (note.path.starts_with(begun)) {
        out.has_more = out.values.size() == 100;
        if (out.has_more) break;
        out.values.push_back(std::move(note.path));
      }
    return out;
  }
};

class VaultServer final : public Builtin {
 public:
  explicit VaultServer(const std::string& version) : server_("vault", version) {}

  Result<> start(VaultOptions options) {
    options.on_change = [this](const VaultChange& change) { tell(change); };
    auto vault = Vault::open(std::move(options));
    if (!vault) return std::move(vault).error();
    vault_ = *std::move(vault);
    tools_.emplace(*vault_);
    add_tools();
    add_resources();
    return {};
  }

  mcp::Server& server() override { return server_; }

 private:
  void add_tools() {
    server_.title("Vault");
    server_.instructions("Markdown notes of an Obsidian vault. Search first, then read. Check [[links]] with resolve_link or check_links.");
    VaultTools& tools = *tools_;
    server_.tool("search", "Find notes by words. Returns the best, with a score (1 for the best) and a three-line excerpt each.", tools,
                 &VaultTools::search, reads("Search Notes"));
    server_.tool("resolve_link", "Say where a [[wikilink]] leads: whether its note, heading and block exist, and what may have been meant.",
                 tools, &VaultTools::resolve_link, reads("Resolve Link"));
    server_.tool("backlinks", "List the links in other notes that lead to a note.", tools, &VaultTools::backlinks, reads("Backlinks"));
    server_.tool("neighbours", "List the notes some links away from a note, both ways, and its links that lead nowhere.", tools,
                 &VaultTools::neighbours, reads("Neighbours"));
    server_.tool("read", "Return a note as Markdown, or the part below one heading.", tools, &VaultTools::read, reads("Read Note"));
    server_.tool("list", "List notes by folder, tag or front matter.", tools, &VaultTools::list, reads("List Notes"));
    server_.tool("check_links", "Find the links in a text that lead nowhere, with what may have been meant.", tools,
                 &VaultTools::check_links, reads("Check Links"));
    if (vault_->mode() == RootMode::read) return;
    server_.tool("create", "Make a new note. Never replaces one. Tells which of its links lead nowhere.", tools, &VaultTools::create,
                 adds("Create Note"));
    server_.tool("append", "Add to the end of a note, or of the part below a heading. Tells which of the links lead nowhere.", tools,
                 &VaultTools::append, adds("Append to Note"));
  }

  void add_resources() {
    static constexpr std::string_view kTemplate = "vault:///{+path}";
    mcp::ResourceOptions about;
    about.name = "note";
    about.title = "Note";
    about.description = "A note by its path in the vault";
    about.mime_type = "text/markdown";
    Vault* vault = vault_.get();
    server_.resource_template(std::string(kTemplate), std::move(about), [vault](mcp::TemplateMatch match, mcp::Call call) {
      return call.blocking(ReadWork{vault, match.values["path"], match.uri});
    });
    server_.resource_list([vault](std::string cursor, mcp::Call call) { return call.blocking(ListWork{vault, std::move(cursor)}); });
    server_.complete_template(kTemplate, "path", [vault](mcp::CompletionRequest request, mcp::Call call) {
      return call.blocking(CompleteWork{vault, std::move(request.value)});
    });
    server_.announces_resource_changes();
    server_.announces_resource_updates();
  }

  // On the vault's thread, or on one of its writers.
  void tell(const VaultChange& change) {
    bool listed = false;
    for (const auto* paths : {&change.added, &change.removed})
      for (const std::string& path : *paths) listed = listed || is_note_path(path);
    if (listed) server_.notify_resources_changed();
    for (const auto* paths : {&change.updated, &change.removed})
      for (const std::string& path : *paths)
        if (is_note_path(path)) server_.notify_resource_updated(note_uri(path));
  }

  mcp::Server server_;
  std::unique_ptr<Vault> vault_;  // its thread speaks to the server, so it ends first
  std::optional<VaultTools> tools_;
};

}  // namespace

Result<std::unique_ptr<Builtin>> make_vault(const BuiltinOptions& options) {
  if (options.roots.size() != 1)
    return Error(Code::invalid_argument, "vault takes exactly one root, the vault's folder; for several vaults, make several servers");
  VaultOptions vault;
  vault.root = options.roots.front();
  vault.limits = options.limits;
  auto made = std::make_unique<VaultServer>(options.version);
  if (auto started = made->start(std::move(vault)); !started) return std::move(started).error();
  return std::unique_ptr<Builtin>(std::move(made));
}

}  // namespace servers
