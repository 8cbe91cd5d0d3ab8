// Calls of modern clients to legacy upstreams that ask: the call goes on running while the client goes away to think.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/bridge/questions.h"
#include "gateway/recent.h"
#include "gateway/upstream/link.h"

namespace gateway {

// A request that owns what it is made of.
struct OwnedRequest {
  protocol::Method method = protocol::Method::unknown;
  std::string server;  // its id in the config
  Audience audience;
  std::string name;  // as LinkRequest::name
  std::string params;
  std::string capabilities;
  std::string log_level;
  std::shared_ptr<const void> keeps;  // what `tool` stands in
  const protocol::ToolHeaders* tool = nullptr;
  std::vector<std::pair<std::string, std::string>> headers;
  base::Millis time{60'000};  // until the first question; each question gives the call new time
  bool notifications = false;

  // A view of it. It must outlive the request.
  LinkRequest view() const;
};

// Sends a request upstream.
using SendOwned = std::function<base::Task<sdk::Reply>(LinkRequest request)>;

class ParkedCalls;

// One call that runs upstream on its own. Threads: one loop only.
class ParkedCall {
 public:
  const std::string& id() const { return id_; }
  // Delivers answers to open questions; what answers none is ignored. Errors: invalid_argument (an answer that is no object).
  mcp::Result<> answer(std::string_view input_responses);
  // A client waits for it right now.
  bool waited_for() const { return waited_for_; }

 private:
  friend class ParkedCalls;
  struct Open {
    ClientQuestion question;
    base::OneShot<std::string> answer;
  };

  std::string id_, caller_, digest_;
  OwnedRequest request_;
  std::map<std::size_t, std::shared_ptr<Open>> open_;  // by the order in which they came
  std::size_t asked_ = 0;
  std::optional<base::Result<sdk::Reply>> outcome_;
  base::Signal changed_;
  std::stop_source stop_;
  std::function<void(protocol::Method, std::string_view)> sink_;
  base::Deadline expiry_;
  base::Instant left_{};  // when its client went away to think
  bool waited_for_ = false;
};

// The calls that run on their own. Each is freed when its outcome was fetched, or when nobody came back for it in time: the upstream is
// told then, and the call cancelled.
// Owns: the work. Threads: one loop only. stop() before destroying it.
class ParkedCalls {
 public:
  struct Limits {
    std::size_t most = 10'000;
    base::Millis life{600'000};  // between two legs
  };
  explicit ParkedCalls(base::Loop& loop) : ParkedCalls(loop, Limits{}) {}
  ParkedCalls(base::Loop& loop, Limits limits) : loop_(loop), limits_(limits) {}

  // Starts a call of `caller`. `digest` is what a retry has to match.
  // Errors: rate_limited (too many).
  mcp::Result<std::shared_ptr<ParkedCall>> begin(std::string caller, std::string digest, OwnedRequest request, SendOwned send);

  // The call of this id, if it is this caller's and the retry matches; else null.
  std::shared_ptr<ParkedCall> find(std::string_view id, std::string_view caller, std::string_view digest) const;

  // Ends the call to `server` whose client has been away the longest, of one audience or (null) of all: its session is needed. False when
  // there is none.
  bool make_room(std::string_view server, const Audience* audience);
  // Whether make_room() ended the call of this id, as far as that is remembered.
  bool gave_way(const std::string& id) { return gave_way_.find(id) != nullptr; }

  // What one request of the client comes to: the call's outcome, or what the upstream wants to know.
  struct Leg {
    std::optional<sdk::Reply> reply;
    std::vector<ClientQuestion> questions;
  };
  // Waits for it. `sink` hears progress and messages meanwhile. `stop` cancels the call upstream.
  // Errors: those of the upstream's call; conflict (somebody else waits for it now).
  base::Task<Leg> leg(std::shared_ptr<ParkedCall> call, std::function<void(protocol::Method, std::string_view)> sink, std::stop_token stop);

  std::size_t size() const { return calls_.size(); }
  base::Millis life() const { return limits_.life; }
  // Cancels all, and waits for their ends.
  base::Task<void> stop();

 private:
  base::Task<void> run(std::shared_ptr<ParkedCall> call, SendOwned send);
  static base::Task<std::string> ask(std::shared_ptr<ParkedCall> call, protocol::Method method, std::string params);
  void expire(std::string id);
  void close(ParkedCall& call);
  void forget(ParkedCall& call);
  static void cancel(ParkedCall& call);

  base::Loop& loop_;
  Limits limits_;
  std::map<std::string, std::shared_ptr<ParkedCall>, std::less<>> calls_;
  Recent<std::string, bool> gave_way_{1'000};
  base::TaskGroup work_;
};

}  // namespace gateway
