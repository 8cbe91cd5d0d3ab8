// The gateway: all upstreams behind one endpoint, and each behind one of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "access/identity.h"
#include "access/policy.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "base/record.h"
#include "gateway/approvals/approvals.h"
#include "gateway/bridge/parked_calls.h"
#include "gateway/bridge/session_handles.h"
#include "gateway/bridge/tasks.h"
#include "gateway/budget/budget.h"
#include "gateway/cache.h"
#include "gateway/carried.h"
#include "gateway/catalog_source.h"
#include "gateway/config.h"
#include "gateway/consents.h"
#include "gateway/disclosure/code_desk.h"
#include "gateway/disclosure/discloser.h"
#include "gateway/first_seen.h"
#include "gateway/judging.h"
#include "gateway/limits.h"
#include "gateway/listeners.h"
#include "gateway/open_call.h"
#include "gateway/paging.h"
#include "gateway/pin_digests.h"
#include "gateway/recent.h"
#include "gateway/rule_limits.h"
#include "gateway/signin/sign_ins.h"
#include "gateway/status.h"
#include "gateway/subscriptions.h"
#include "gateway/trust/launch_gate.h"
#include "gateway/trust/pinning.h"
#include "gateway/trust/result_review.h"
#include "gateway/upstream/upstream.h"
#include "sdk/handler.h"
#include "store/catalog_store.h"

namespace net {
class Reaper;
}

namespace gateway {

class Front;
class OwnFront;

// Makes the built-in of a config. Errors: invalid_argument (no such built-in, or a config that it refuses).
using OpenBuiltin = std::function<base::Result<std::unique_ptr<sdk::Handler>>(const ServerConfig& config)>;

// Owns: the upstreams, the catalog and the endpoints' handlers. All of one loop.
// Lifetime: stop() before destroying it, unless its loop has stopped. Parts outlive it.
class Gateway {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    base::Recorder& recorder;
    store::CatalogStore& store;
    net::Reaper& reaper;
    OpenBuiltin open_builtin;
    std::string version;                        // of this program, as upstreams and clients see it
    LaunchPins* launches = nullptr;             // null: the pins of this gateway
    store::ApprovalStore* approvals = nullptr;  // null: nobody else can be asked
    store::PinStore* pins = nullptr;            // null: pins end with the process
    store::SignInStore* sign_ins = nullptr;     // null: tokens for upstreams end with the process
  };
  Gateway(Config config, Parts parts);
  ~Gateway();

  // Loads what is stored of the catalog and starts the upstreams that are eager, behind. Blocks on the disk, for milliseconds.
  // Errors: those of the store.
  base::Result<> start();

  // The scope that a signed-in caller lacks for a tool of a server, by its real name; empty: none. On the loop, before the first call.
  using LackingScope = std::function<std::string(const oauth::Principal& who, std::string_view server, std::string_view tool)>;
  void need_scopes(LackingScope lacking) { lacking_scope_ = std::move(lacking); }

  // What a sandbox on this machine has to do without, separated by "; ": servers that were not started yet say so, too. On the loop.
  void sandboxes_lack(std::string layers) { machine_lacks_ = std::move(layers); }

  // No new calls; what runs may end within `grace`, the rest is cancelled; then every upstream is closed, children and all.
  base::Task<void> stop(base::Millis grace);

  // Takes another config: servers that are new, gone or need another link are begun and ended, and the rest goes on untouched. Calls that
  // run end where they began, within their deadline. Does nothing once stop() was called. On the gateway's loop.
  ConfigChange apply(Config config);

  // What is known of what a server offers, whoever asked for it; null: nothing yet. For counting, not for showing.
  std::shared_ptr<const Catalog> catalog_of(std::string_view server) { return source_.any(server); }
  // Ends the link of a server and begins it anew, as a change of its config would. Errors: not_found (no such server, or it is disabled),
  // unavailable (the gateway stops).
  base::Result<> restart(const std::string& id);

  // What answers at /mcp.
  sdk::Handler& aggregate();
  // What answers at /mcp/s/<id>; null when there is no such server, or it is disabled.
  sdk::Handler* server(std::string_view id);
  // What answers at /mcp/p/<name>; null when the config has no such profile.
  sdk::Handler* profile(std::string_view name);

  Status status() const;
  // What was spent of tokens, as JSON text (Budget::text).
  std::string usage() const { return budget_.text(base::Timers::now()); }
  const Carrier& carrier() const { return carrier_; }
  // Calls that wait for another person.
  Approvals& approvals() { return approvals_; }
  // The sign-ins of callers to servers that want one.
  SignIns& sign_ins() { return sign_ins_; }
  // What is trusted of what upstreams offer.
  Pinning& pinning() { return pinning_; }
  // Who asks for more is to be refused, best before the request is read.
  bool full() const { return limits_.full(); }

 private:
  friend class Front;
  friend class OwnFront;

  OpenLink link_opener(const ServerConfig& config);
  LaunchPins& launches() { return parts_.launches ? *parts_.launches : pinning_; }
  Subscriptions::Ask asker();
  std::shared_ptr<Upstream> open_upstream(const ServerConfig& config);
  void retire(const std::string& id);
  // Somebody has signed in to this server: it is asked anew, and who listens is told.
  void signed_in(const std::string& server);
  void arrange(const ConfigChange& change);
  void start_if_eager(Upstream& upstream);
  void open_profiles();
  // Starts the workers of run_code where clients are shown it.
  void warm_code();

  std::shared_ptr<const Config> config_;  // what holds now; a call keeps what it began with
  Parts parts_;
  authz::Identity identity_;
  authz::Policy policy_;
  Listeners listeners_;
  CallBook calls_;
  CallerLimits limits_;
  Carrier carrier_;
  Consents consents_{carrier_};
  Approvals approvals_;
  SignIns sign_ins_;
  RuleLimits rule_limits_;
  PinDigests pin_digests_;
  FirstSeen first_seen_;
  SeenCatalogs seen_;
  ParkedCalls parked_;
  SessionHandles handles_;
  TaskBridge tasks_;
  std::map<std::string, std::shared_ptr<Upstream>, std::less<>> upstreams_;  // a call keeps the one it goes to
  std::map<std::string, std::string, std::less<>> lacking_;                  // layers that a server's sandbox does without
  LackingScope lacking_scope_;
  std::string machine_lacks_;  // layers that none of them can have
  Subscriptions subscriptions_;
  Pinning pinning_;
  CatalogSource source_;
  ListPages pages_{carrier_};
  ReadCache reads_;
  Discloser discloser_;
  CodeDesk code_{parts_.loop};
  // What profiles show of a catalog; holds both, so that the addresses stay theirs.
  struct Narrowed {
    std::shared_ptr<const Catalog> whole;
    std::shared_ptr<const Profile> profile;
    std::shared_ptr<const Catalog> catalog;
  };
  Recent<std::pair<const Catalog*, const Profile*>, Narrowed> narrowed_{8};
  Budget budget_;
  ResultReview results_{parts_.loop, parts_.pool};
  std::map<std::string, std::unique_ptr<Front>, std::less<>> fronts_;  // "" is the aggregate, "/name" a profile's
  std::stop_source closing_;                                           // no new calls; streams end
  std::stop_source ending_;                                            // what still runs is cancelled
  base::TaskGroup work_;
};

}  // namespace gateway
