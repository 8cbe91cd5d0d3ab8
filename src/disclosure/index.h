// Finds tools by words: BM25F over what the tools of all servers say of themselves, in memory, changed server by server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "disclosure/tool.h"

namespace disclosure {

// Whether other words for what is asked count, too, at a fraction of their weight.
enum class Synonyms : std::uint8_t { used, left_out };

struct Query {
  std::string text;       // a sentence, some words or a name; what stands behind its first 2,000 bytes is not looked at
  std::size_t limit = 5;  // at most so many hits
  std::string server;     // only of this one, unless empty
  // Whether the caller may know of a tool; asked before anything is ranked or counted. Empty: of all of them.
  std::function<bool(std::string_view server, std::string_view name)> may_see;
  Synonyms synonyms = Synonyms::used;
};

struct Hit {
  std::string server, name, public_name;
  double score = 0;  // comparable within one answer only
};

struct Found {
  std::vector<Hit> hits;    // the best first; of equal ones the lower server and name
  std::size_t matched = 0;  // how many tools had anything to do with it, `hits` among them
  std::vector<std::string>
      nearest;  // where nothing matched: up to five servers that the caller may see, those most like the question first
};

// Moved, not copied. Searches may run at the same time as each other, not as a change.
class Index {
 public:
  Index();
  ~Index();
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;

  // These are the tools of the server `id` from now on, whatever they were before. Nothing of `tools` is kept. About 20 us for each tool.
  // The same servers give the same answers, in whatever order and however often they were set.
  void set_server(std::string_view id, std::string_view instructions, std::span<const ToolView> tools);
  void remove_server(std::string_view id);

  Found find(const Query& query) const;
  std::vector<Hit> search(const Query& query) const { return find(query).hits; }

  // How many tools there are.
  std::size_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace disclosure
