// What answers at one MCP path of the gateway: the five lines that every call takes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/disclosure/inner_call.h"
#include "gateway/disclosure/meta_tools.h"
#include "gateway/disclosure/tool_book.h"
#include "gateway/gateway.h"
#include "gateway/presentation.h"
#include "gateway/watched.h"

namespace gateway {

// Methods of extensions: what the front of one server alone passes on, besides those that it knows.
void add_extensions(protocol::MethodSet& methods);

// The session of its own that a legacy client has with a server that keeps state per session (Audience::handle).
std::string handle_of(const sdk::Session& session);

// The aggregate, or one server alone under its own names, or the part of the aggregate that a profile names.
// Threads: the gateway's loop.
class Front final : public sdk::Handler {
 public:
  // `scope`: the one server, or empty. `profile`: its name, where it is one's.
  Front(Gateway& gateway, std::string scope, std::string profile = {});

  base::Task<protocol::ServerIdentity> identity(sdk::Inbound in) override;
  // One server alone signs its results itself.
  std::string_view server_info() const override { return scope_.empty() ? std::string_view(info_) : std::string_view(); }
  base::Task<sdk::Reply> handle(sdk::Inbound in, sdk::Outlet& out) override;
  base::Task<void> stream(sdk::Inbound in, sdk::Outlet& out) override;
  void notified(const sdk::Inbound& in) override;
  void session_ended(sdk::Session& session) override;

  // The server of this route is not there any more: who listens hears so, and its stream ends.
  void end_streams() { std::exchange(removed_, std::stop_source()).request_stop(); }

  // Calls a tool for the caller of the call `outer`, whose record knows the caller: by the five lines, under the tool's real name, with a
  // record of its own. Progress, messages and questions go to `out`; the reply is what a direct call would have got, input_required
  // included, whose retry has to come with the same name and arguments. What is pointed to lives until it ends.
  // Errors: as a direct call. Cancel: out->stop_token().
  base::Task<sdk::Reply> call_within(const OpenCall* outer, const sdk::Inbound* in, sdk::Outlet* out, InnerCall inner);

 private:
  struct Unlisted;
  struct Listening;
  // One target of a call, and the snapshot that it stands in.
  struct Target {
    std::shared_ptr<const Catalog> catalog;
    const Entry* entry = nullptr;
    std::shared_ptr<Upstream> upstream;
    authz::Subject subject;
    std::string uri;                           // what the upstream calls a resource that has another URI here; empty: the same
    std::shared_ptr<const Unlisted> unlisted;  // holds the entry of what stands in no list
  };

  // `call`, `in` and `out` live in handle(), which awaits these. front.cpp has the five lines; the other front_*.cpp
  // what they lead to.
  base::Task<sdk::Reply> answer(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  // `origin`: how it came. Headers that repeat what a client's own call says are not there for one that is made within it.
  base::Task<sdk::Reply> carry_out(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, authz::Disclosure origin);
  base::Task<sdk::Reply> list(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, DefinitionKind kind);
  // front_disclosure.cpp: what is shown, and the tools that lead to what is not.
  struct MetaCall;
  // The setting that holds for this request, by its URL, the profile or the config. Error: invalid_argument (its URL asks for nonsense).
  base::Result<Disclosure> wanted_disclosure(const sdk::Inbound& in) const;
  Disclosure set_disclosure() const;  // by the profile or the config
  Disclosure chosen(Disclosure wanted, std::string_view client, const std::shared_ptr<const Catalog>& whole);
  bool always_lists() const;
  bool listed_always(const Entry& entry) const;
  bool may_see(const base::Principal& who, const Viewer& viewer, const Entry& entry) const;
  std::string surface(Disclosure mode, const base::Principal& who, const Viewer& viewer, const std::shared_ptr<const Catalog>& whole);
  base::Task<std::optional<sdk::Reply>> list_surface(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  // What discover and initialize say: how to find tools, or what all servers say.
  // `all` are the servers that this caller sees, as far as they are known.
  base::Task<std::string> instructions(const sdk::Inbound* in, const base::Principal* caller, const std::vector<Presented>* all);
  base::Task<std::shared_ptr<const Catalog>> settled(Viewer who, std::stop_token stop);
  // Whether a client with this mode is told of a change; what it returns lives no longer than the request. Empty: of every one.
  std::function<bool(std::string_view, DefinitionKind)> hears(const sdk::Inbound& in, const std::shared_ptr<const base::Principal>& who);
  std::optional<MetaTool> meta_tool(const sdk::Inbound& in) const;
  base::Task<sdk::Reply> answer_meta(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, MetaTool tool);
  const ToolBook::Tool* seen_tool(const MetaCall& asked, std::string_view name) const;
  std::vector<std::string_view> seen_names(const MetaCall& asked) const;
  base::Task<sdk::Reply> find_tools(MetaCall* asked);
  base::Task<sdk::Reply> describe_tools(MetaCall* asked);
  std::optional<std::string> objection(const MetaCall& asked, const ToolBook::Tool& tool, const CallArguments& arguments, MetaTool by);
  base::Task<sdk::Reply> call_tool(MetaCall* asked, MetaTool by);
  // disclosure/front_code.cpp: run_code, and the calls that code makes.
  struct CodeRun;
  base::Task<sdk::Reply> run_code(MetaCall* asked);
  sandbox::Script code_script(CodeRun* run, std::string code) const;
  base::Result<> resume_code(CodeRun* run, sandbox::Script* script);
  std::optional<sandbox::Answer> code_objection(const CodeRun& run, const ToolBook::Tool& tool, const sandbox::Call& call);
  sandbox::Answer read_long_answer(const CodeRun& run, std::string_view arguments);
  base::Task<sandbox::Answer> code_lookup(CodeRun* run, sandbox::Call call);
  base::Task<sandbox::Answer> code_call(CodeRun* run, sandbox::Call call);
  base::Result<sdk::Reply> code_questions(const CodeRun& run, const sandbox::Script& script, sandbox::Outcome outcome);
  sdk::Reply code_reply(const CodeRun& run, const sandbox::Outcome& outcome);

  base::Task<sdk::Reply> listen(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<std::optional<sdk::Reply>> begin_listening(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, Listening* listening);
  base::Task<sdk::Reply> subscribe(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> complete(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> tasks(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> pass(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<std::vector<Watched::Place>> judge(const base::Principal* who, Viewer viewer, ChangeFilter* filter, std::stop_token stop);
  // Tasks that a listen asks for, by their servers (front_task_news.cpp). Leaves in `filter` those that there are.
  base::Task<std::vector<TaskFollow>> followed(const base::Principal* who, const sdk::Inbound* in, ChangeFilter* filter,
                                               std::stop_token stop);
  void tell_tasks(std::vector<TaskFollow>* follows, const base::Principal* who, Listeners::Seat* seat);
  TaskHost task_host(std::string_view server, const sdk::Inbound& in) const;
  std::shared_ptr<Watched> watched_of(const sdk::Inbound& in, const base::Principal& who);
  base::Task<void> watch_again(const base::Principal* who, const sdk::Inbound* in, std::stop_token stop);
  std::optional<Watched::Place> place_of(const Viewer& who, const std::string& uri);
  bool has_updates(const Viewer& who, std::string_view server);
  bool has_changes(const Viewer& who, std::string_view what);

  base::Result<std::shared_ptr<const base::Principal>> identify(const sdk::Inbound& in) const;
  // What this request takes of its caller's limits and the gateway's. Errors: rate_limited, unavailable.
  base::Result<CallerLimits::Seat> admit(const sdk::Inbound& in);
  static std::string seen_capabilities(const sdk::Inbound& in);
  static CatalogSource::Kinds kinds_for(DefinitionKind kind);
  Viewer viewer(const OpenCall& call, const sdk::Inbound& in) const;
  Viewer viewer(const base::Principal& who, const sdk::Inbound& in) const;
  // Whether what was found is on this route: a profile may leave it out.
  std::shared_ptr<const Profile> profile() const;  // null: this is no profile's
  bool serves(const Viewer& viewer, const Entry& entry) const;
  // The catalog without the tools that a profile leaves out.
  std::shared_ptr<const Catalog> listed(const Viewer& viewer, std::shared_ptr<const Catalog> whole);
  std::shared_ptr<const Catalog> catalog(const Viewer& viewer);

  // The rules (front_rules.cpp). What this caller sees of the catalog; null as that.
  std::shared_ptr<const Catalog> seen(const Viewer& viewer, const base::Principal& who);
  // Whether rules may hide something of what this server has.
  bool may_hide(const base::Principal& who, std::string_view server, authz::Subject::Kind kind) const;
  bool may_hide(const base::Principal& who, std::string_view server) const;
  // Lists that differ from caller to caller are for nobody else to keep.
  void narrow(protocol::CacheHints& hints) const;
  // Allow or ask. Errors: not_found, as for a name that does not exist.
  // Errors: denied, where the token of who calls lacks a scope that this tool needs.
  base::Result<> within_scopes(OpenCall* call, const sdk::Inbound& in, const authz::Subject& subject) const;
  base::Result<authz::Decision> decide(OpenCall& call, const Target& target, DefinitionKind kind, std::string_view asked,
                                       std::string_view arguments) const;
  static base::Error unknown(DefinitionKind kind, std::string_view name);
  // What is held back of what was asked for (trust/front_trust.cpp), for whom would see it else. `name` is the client's. Nothing: it is
  // not.
  std::string aliased(const ServerConfig& server, DefinitionKind kind, std::string_view name) const;
  std::optional<base::Error> held_back(const base::Principal& who, DefinitionKind kind, std::string_view name) const;
  bool may_follow(const base::Principal& who, std::string_view server, std::string_view tool);

  // Consent (front_consent.cpp): what is known of it for one call.
  struct Asked {
    bool needed = false;  // a rule wants it
    bool given = false;
    std::string digest;
    std::optional<sdk::Inbound> changed;  // the request as it would be without a consent, where it is another one
    std::string raw, own_state;           // what that points to

    void take(const sdk::Inbound& in, bool with_answers, const std::string& state);
  };
  base::Task<std::optional<sdk::Reply>> consent(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out,
                                                Asked* asked);
  sdk::Reply with_consent(const OpenCall& call, const Asked& asked, sdk::Reply reply);
  static base::Result<sdk::Reply> refused(OpenCall& call, const sdk::Inbound& in, const std::string& why);
  static std::string_view word_for(protocol::Method method);
  // The caller's sign-in to the server (signin/front_sign_in.cpp). `only_back`: a question that was answered is taken, and none is asked.
  enum class SignInStage { only_back, ask };
  base::Task<std::optional<sdk::Reply>> sign_in(OpenCall* call, std::string server, const sdk::Inbound* in, sdk::Outlet* out,
                                                SignInStage stage, Asked* asked);
  base::Task<bool> ask_to_visit(const sdk::Inbound* in, sdk::Outlet* out, std::string server, std::string params);
  // Approval by another person (front_approval.cpp).
  base::Task<bool> was_approved(OpenCall* call, const sdk::Inbound* in, Asked* asked);
  base::Task<std::optional<sdk::Reply>> approval(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out,
                                                 std::shared_ptr<const authz::Rule> rule, Asked* asked);

  // resolve() where what the caller sees has it; false: it does not.
  bool resolve_known(Target& target, DefinitionKind kind, authz::Subject::Verb verb, std::string_view name, const Viewer& viewer);
  base::Task<Target> resolve(OpenCall* call, DefinitionKind kind, authz::Subject::Verb verb, std::string name, Viewer viewer,
                             std::stop_token stop);
  bool sees_nothing(const base::Principal& who, std::string_view server, DefinitionKind kind) const;
  bool find(Target& target, DefinitionKind kind, std::string_view name) const;
  bool settle(Target& target, authz::Subject::Verb verb, const Viewer& viewer);
  bool find_unlisted(Target& target, DefinitionKind kind, const std::string& name);
  sdk::Reply as_public(const Target& target, std::string_view asked, sdk::Reply reply) const;
  base::Task<sdk::Reply> answer_or_read(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> answer_or_dispatch(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out);
  base::Task<sdk::Reply> dispatch(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out);
  // Tokens (budget/front_budget.cpp): who pays; what a hard limit refuses; a reply counted, and cut where it is too long; the rest of one.
  static Payer payer(const base::Principal& who, const sdk::Inbound& in);
  base::Result<> within_hard_budget(const sdk::Inbound& in);
  base::Task<sdk::Reply> within_budget(const OpenCall* call, const sdk::Inbound* in, sdk::Reply reply);
  std::string promised_output(const OpenCall& call, const sdk::Inbound& in);
  static sdk::Reply with_read_more(sdk::Reply reply);
  bool reads_rest(const sdk::Inbound& in) const;
  base::Task<sdk::Reply> read_rest(OpenCall* call, const sdk::Inbound* in);
  // The four cells of the bridge between the eras (front_dispatch.cpp).
  struct Passage;
  // What a server with `state: session` needs besides (front_state.cpp): a reply, where the gateway answers itself.
  base::Task<std::optional<sdk::Reply>> stateful(Passage* passage);
  std::string session_id(const Passage& passage, std::string_view sealed) const;
  base::Task<void> look_at_upstream(Passage* passage);
  TaskCall tasked(const Passage& passage) const;
  base::Task<sdk::Reply> send(const Passage& passage, LinkRequest request) const;
  base::Task<sdk::Reply> for_modern(Passage* passage);
  base::Task<sdk::Reply> for_legacy(Passage* passage);
  base::Task<sdk::Reply> parked(Passage* passage);
  base::Task<sdk::Reply> leg(Passage* passage, std::shared_ptr<ParkedCall> parked);
  base::Result<sdk::Reply> visits(const Passage& passage, sdk::Reply reply) const;
  base::Result<std::string> unwrapped(const Passage& passage) const;
  sdk::Reply wrapped(const Passage& passage, sdk::Reply reply) const;

  Gateway& gateway_;
  std::string scope_;
  std::string profile_;
  std::string info_;
  std::stop_source removed_;                                                   // another one for each time that the server is there
  std::unordered_map<const sdk::Session*, std::shared_ptr<Watched>> watched_;  // of legacy sessions
};

}  // namespace gateway
