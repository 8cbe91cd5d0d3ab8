// Subscription: being told by a server when its lists, resources or tasks change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mcp/client/remote_task.h"

namespace mcp {

// What to be told of; as the answer, what the server agreed to.
struct ListenFilter {
  bool tools = false;      // the list of tools changed
  bool prompts = false;    // the list of prompts changed
  bool resources = false;  // the list of resources changed
  std::vector<std::string> resource_uris = {};
  std::vector<std::string> task_ids = {};

  bool empty() const { return !tools && !prompts && !resources && resource_uris.empty() && task_ids.empty(); }
};

struct Change {
  enum class Kind { tools, prompts, resources, resource, task };
  Kind kind = Kind::tools;
  std::string uri = {};                 // Kind::resource: what changed; may stand inside of what was subscribed
  std::optional<RemoteTask> task = {};  // Kind::task
};

namespace detail {

struct Listening;

}  // namespace detail

// Lives as long as somebody wants to hear. Destroying it ends the subscription; so does the end of its Client.
class Subscription {
 public:
  explicit Subscription(std::shared_ptr<detail::Listening> listening);
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  // What the server agreed to, of what was wanted.
  const ListenFilter& granted() const;
  // False once the server refused to go on, or the client was closed.
  bool alive() const;
  void close();

 private:
  std::shared_ptr<detail::Listening> listening_;
};

}  // namespace mcp
