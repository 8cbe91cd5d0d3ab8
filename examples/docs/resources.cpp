// A server of notes: resources that are fixed, that come by template, that come and go, and that change.
#include <mcp/server.h>

#include <map>

struct Note {
  mcp::Arg<std::string, "Name of the note", 1, 40> name;
  mcp::Arg<std::string, "Its text"> text;
};

class Notes {
 public:
  mcp::Result<std::string> read(mcp::TemplateMatch match) {
    auto note = notes_.find(match.values["name"]);
    if (note == notes_.end()) return mcp::Error(mcp::Code::not_found, "there is no such note");
    return note->second;
  }

  // One page of the list; an empty cursor is the first.
  mcp::ResourcePage list(std::string cursor) {
    static constexpr std::size_t kOfPage = 2;
    mcp::ResourcePage page;
    for (auto note = notes_.upper_bound(cursor); note != notes_.end(); ++note) {
      if (page.resources.size() == kOfPage) {
        page.next_cursor = page.resources.back().name;
        break;
      }
      page.resources.push_back({.uri = "notes://" + note->first, .name = note->first, .mime_type = "text/plain"});
    }
    return page;
  }

  // True when the note is a new one.
  bool write(const std::string& name, const std::string& text) { return notes_.insert_or_assign(name, text).second; }

 private:
  std::map<std::string, std::string> notes_ = {{"milk", "buy some"}, {"ocean", "is wide"}, {"pizza", "on Friday"}};
};

int main(int argc, char** argv) {
  Notes notes;
  mcp::Server server{"notes", "1.0"};

  server.resource("about:notes", {.name = "about", .mime_type = "text/plain"}, [] { return std::string("Three notes and more."); });
  server.resource("about:dot", {.name = "dot", .mime_type = "image/x-portable-bitmap"}, [] {
    mcp::ResourceContents dot;
    dot.bytes = "P4\n1 1\n\x80";
    return dot;
  });
  server.resource_template("notes://{name}", {.name = "note", .description = "A note", .mime_type = "text/plain"},
                           [&notes](mcp::TemplateMatch match) { return notes.read(match); });
  server.resource_list([&notes](std::string cursor) { return notes.list(cursor); });

  server.announces_resource_changes().announces_resource_updates();
  server.tool("write", "Writes a note.", [&](Note in) {
    if (notes.write(*in.name, *in.text))
      server.notify_resources_changed();  // the list is another one now
    else
      server.notify_resource_updated("notes://" + *in.name);  // told to who watches it
    return std::string("written");
  });
  server.cache_for(std::chrono::seconds(0));
  return mcp::run(server, argc, argv);
}
