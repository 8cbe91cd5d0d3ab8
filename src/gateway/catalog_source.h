// Where the catalog comes from: the store at first, the upstreams from then on; for each audience its own.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/audience.h"
#include "gateway/catalog.h"
#include "gateway/catalog_fetch.h"
#include "gateway/listeners.h"
#include "gateway/recent.h"
#include "gateway/upstream/upstream.h"
#include "store/catalog_store.h"

namespace net {
struct HttpRequest;
}

namespace gateway {

class Pinning;

// Who looks at lists.
struct Viewer {
  Audience audience;
  // The request that they come with: some upstreams get headers of it, and may answer by them. Null on stdio. Outlives what is given it.
  const net::HttpRequest* http = nullptr;
  // Whose servers are all that there are; null: those of the config.
  std::shared_ptr<const Profile> profile;

  bool has(std::string_view server) const { return !profile || profile->has_server(server); }
};

// Keeps what each upstream offered to whom, by kind of definition.
//
// Whose a list is: a built-in's is everybody's; a modern upstream's that it called public is everybody's with the same capabilities; every
// other one is its caller's, for one set of capabilities. Of a legacy upstream the capabilities stop counting once two sets were seen to
// get the same list, so that no child is started only to list. How long it is good: as long as a modern upstream said; that of a legacy
// one, and one that a modern one called good for no time but announces changes of, until a change is announced. One that is not good any
// more is asked for by the next list that needs it; whoever wants it meanwhile waits for the same answer. A list of an earlier run, and one
// that was made over a link that died since, is answered with at once, and asked for behind. A list that was never asked for is waited for,
// a short while. All upstreams are asked at the same time; one that fails or hangs is answered for with what is known of it. Threads: one
// loop only.
class CatalogSource {
 public:
  struct Parts {
    std::shared_ptr<const Config> config;
    base::Loop& loop;
    base::BlockingPool& pool;
    store::CatalogStore& store;
    Listeners& listeners;
    // How long a list waits for upstreams that were never asked before, counted from when they are.
    base::Millis patience{3'000};
    // ... and for upstreams whose old list is at hand.
    base::Millis patience_old{1'000};
    // The time by which lists get old.
    std::function<base::Instant()> now = base::Timers::now;
    // Judges what comes, and says what of it is shown. Null: all is shown.
    Pinning* pinning = nullptr;
  };
  explicit CatalogSource(Parts parts);
  ~CatalogSource();

  // Before load(): who is to be asked.
  void add(std::shared_ptr<Upstream> upstream);
  // Another config: these are to be asked from now on, in this order. What is known of an upstream that stays is kept.
  void arrange(std::shared_ptr<const Config> config, std::vector<std::shared_ptr<Upstream>> upstreams);

  // Reads what is stored. What is damaged or was stored under another config is left out. Blocks; for the start.
  // Errors: those of the store.
  base::Result<> load();

  // What is known now for this viewer: of all servers under public names, or of one under its own (null when nothing is known of it).
  std::shared_ptr<const Catalog> all(const Viewer& viewer);
  std::shared_ptr<const Catalog> of(std::string_view server, const Viewer& viewer);
  // What is known of the server from anybody: for finding a way, never for showing.
  std::shared_ptr<const Catalog> any(std::string_view server);
  // How long and for whom the list of all servers (an empty `server`), or of one, is good.
  protocol::CacheHints hints(std::string_view server, const Viewer& viewer, DefinitionKind kind);

  // How long settle() waits for a list that was never asked for: the patience of a list, or as long as the server may take.
  // The second is for a call that names something nobody has offered yet.
  enum class Wait { briefly, fully };
  using Kinds = std::vector<DefinitionKind>;

  // Ends when each server's lists of these kinds are good, or were waited for, or have failed before. Never an error but cancelled.
  base::Task<void> settle(Viewer viewer, Kinds kinds, std::stop_token stop, Wait how = Wait::briefly);
  // The same for one server, and as long as it may take.
  // Errors: not_found (no such server, or a disabled one), timeout, cancelled, or why there is no list.
  base::Task<void> settle_one(std::string server, Viewer viewer, Kinds kinds, std::stop_token stop);
  // The same until each server, or this one, has said what it is; what a modern one said is asked for again when it is not good any more.
  base::Task<void> meet(Viewer viewer, std::stop_token stop);
  base::Task<void> meet_one(std::string server, Viewer viewer, std::stop_token stop);

  // Starts the server and asks for its tools, behind.
  void start(std::string_view server, const Viewer& viewer);
  // A call goes to `server`: what is stored of it is checked behind, if it was not yet.
  void used(std::string_view server, const Viewer& viewer);
  // The upstream says that what it offers has changed: asks again, behind, for whom has asked since the last time. Who listens is told
  // once a new list is here, also where it is as it was: the upstream may have said so for reasons of its own.
  void changed(std::string_view server, protocol::Method which);

  // Other pins hold: judges and shows anew what is known of this server, or, where the name is empty, of all. Who listens is told.
  void repin(std::string_view server);

  // A session with it was lost and made anew: its lists are checked behind.
  void renewed(std::string_view server);

  // What stands for the caller where something of this server is kept for them alone: with the headers that it gets of them.
  std::string caller_of(std::string_view server, const Viewer& viewer) const;

  // How many tools the server has, as far as anybody knows.
  std::size_t tools(std::string_view server) const;

  // Stops asking.
  base::Task<void> stop();

 private:
  // One list of one audience.
  struct State {
    std::shared_ptr<const OfferedList> list;
    FetchedList told;  // how long it is good; its own list is empty
    base::Instant received{};
    std::uint64_t link = 0;  // the upstream's start by which it was asked; 0: it is from the store
    bool stale = false;      // a change was announced
    bool asking = false;
    bool again = false;   // ... a change, while it was asked for
    bool used = false;    // since it was asked for
    bool missed = false;  // a list went out without it
    Audience asker;
    std::string asking_caller;  // as caller_of() names it
    RequestHeaders headers;     // ... and of its request, what goes upstream
    base::Instant began{};
    base::Instant failed{};
    std::optional<base::Error> error;
    base::Waiters waiting;
  };
  // All lists of one audience. An empty caller is everybody.
  struct Shelf {
    std::string caller, capabilities;
    std::array<State, kKinds.size()> states;
    std::uint64_t last_use = 0;
    State& at(DefinitionKind kind) { return states[static_cast<std::size_t>(kind)]; }
  };
  using Lists = std::array<std::shared_ptr<const OfferedList>, kKinds.size()>;
  using Picture = std::array<const void*, kKinds.size() + 1>;
  struct About;
  struct Met;
  struct Slot;
  using ShelfKey = std::pair<std::string, std::string>;

  std::shared_ptr<Slot> find(std::string_view server) const;
  std::string caller_of(const Slot& slot, const Viewer& viewer) const;
  std::string view_key(const Slot* slot, const Viewer& viewer) const;
  std::shared_ptr<Shelf> shelf(Slot& slot, std::string_view caller, std::string_view capabilities);
  ShelfKey place_of(const Slot& slot, const Viewer& viewer, DefinitionKind kind) const;
  State* known(const Slot& slot, const Viewer& viewer, DefinitionKind kind) const;
  std::shared_ptr<Shelf> shelf_for(Slot& slot, const Viewer& viewer, DefinitionKind kind);
  bool good(const Slot& slot, const State& state) const;
  bool rests(const State& state) const;
  bool behind(const Slot& slot, const State& state) const;
  void want(const std::shared_ptr<Slot>& slot, const std::shared_ptr<Shelf>& shelf, const Viewer& viewer, DefinitionKind kind);
  base::Task<void> wait_one(std::shared_ptr<Slot> slot, Viewer viewer, DefinitionKind kind, std::stop_token stop, Wait how);
  void ask(const std::shared_ptr<Slot>& slot, std::shared_ptr<Shelf> shelf, DefinitionKind kind);
  void ask(const std::shared_ptr<Slot>& slot, std::shared_ptr<Shelf> shelf, const Viewer& asker, DefinitionKind kind);
  base::Task<void> ask_now(std::shared_ptr<Slot> slot, std::shared_ptr<Shelf> shelf, DefinitionKind kind);
  void tell(Slot& slot, DefinitionKind kind);
  void meet_hello(Slot& slot, std::string_view asker);
  base::Task<void> rediscover(std::shared_ptr<Slot> slot, Viewer viewer, std::stop_token stop);
  base::Task<void> discover(std::shared_ptr<Slot> slot, std::shared_ptr<Met> met, Audience audience, RequestHeaders headers);
  void accept(Slot& slot, const std::shared_ptr<Shelf>& asked, DefinitionKind kind, FetchedList fresh);
  std::shared_ptr<const OfferedList> interned(Slot& slot, DefinitionKind kind, OfferedList list) const;
  // catalog_pins.cpp
  void judge(Slot& slot, const Shelf& shelf, DefinitionKind kind);
  void judge(const Slot& slot, std::string_view caller, const About& about);
  void learn_alias(Slot& slot, Shelf& shelf, DefinitionKind kind);
  std::shared_ptr<const Catalog> all_known(const Viewer& viewer);
  std::shared_ptr<const Catalog> picture(Slot& slot, const Viewer& viewer);
  std::shared_ptr<const Catalog> pictured(Slot& slot, const std::shared_ptr<const About>& about, const Lists& lists);
  void load_row(const store::StoredCatalog& row);
  void keep(Slot& slot, Shelf& shelf);
  void forget(Slot& slot, const Shelf& shelf);
  void write(std::string key, std::optional<store::StoredCatalog> row);
  base::Task<void> write_all();

  struct View {
    std::uint64_t generation = 0;
    std::weak_ptr<const Catalog> catalog;
  };

  Parts parts_;
  std::vector<std::shared_ptr<Slot>> slots_;  // in the config's order
  std::map<std::string, std::shared_ptr<Slot>, std::less<>> by_id_;
  std::uint64_t generation_ = 1;  // grows whenever any list is another one
  std::uint64_t uses_ = 0;
  Recent<std::string, View> views_;
  // What all() gave last: most calls that follow each other are of one audience.
  struct LastView {
    Audience audience;
    std::shared_ptr<const Profile> profile;
    std::uint64_t generation = 0;
    std::weak_ptr<const Catalog> catalog;
  } last_all_;
  bool forwards_ = false;  // some upstream gets headers of its callers
  Recent<std::vector<const Catalog*>, std::shared_ptr<const Catalog>> merged_;
  std::uint64_t merged_at_ = 0;  // the generation of what is in it
  // Rows to write, one after the other; nothing removes.
  std::map<std::string, std::optional<store::StoredCatalog>> unwritten_;
  bool writing_ = false;
  std::set<std::string> told_;  // what was left out and said so: each is said once
  base::TaskGroup work_;
};

}  // namespace gateway
