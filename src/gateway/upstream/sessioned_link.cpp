#include "gateway/upstream/sessioned_link.h"

#include "base/json.h"

namespace gateway {
namespace {

using base::Result;
using base::Task;
using sdk::Reply;

class SessionedLink final : public Link {
 public:
  SessionedLink(base::Loop& loop, std::unique_ptr<Link> first, OpenSession open, LinkEvents events, Sharing sharing)
      : first_(std::move(first)), open_(std::move(open)), sharing_(sharing), pool_(loop, opener(), std::move(events)) {}

  const Hello& hello() const override { return first_->hello(); }
  bool correlates() const override { return first_->correlates(); }

  Task<Reply> request(LinkRequest request) override {
    if (hello().revision->era == protocol::Era::modern) return in_first(std::move(request));
    narrow(request.audience);
    if (request.audience == Audience{} && first_->alive()) return first_->request(std::move(request));
    return in_session(std::move(request));
  }

  void notify(const Audience& audience, std::string_view name, std::string_view params) override {
    Audience whose = audience;
    if (hello().revision->era == protocol::Era::legacy) narrow(whose);
    Link* session = whose == Audience{} || hello().revision->era == protocol::Era::modern ? first_.get() : pool_.find(whose);
    if (session) session->notify(whose, name, params);
  }

  void end_session(std::string_view handle) override { pool_.end(handle); }

  bool alive() const override { return !renewed_ && (first_->alive() || pool_.busy() > 0); }
  std::string why() const override { return renewed_ ? std::string(kRenewed) : first_->why(); }

  Task<void> close() override {
    co_await pool_.close();
    co_await first_->close();
  }

 private:
  static constexpr std::string_view kRenewed = "it was renewed while we ran, and speaks another revision now";

  // A session that turns out not to be one shows that the upstream was renewed: all begins anew then.
  OpenSession opener() {
    return [this](Audience audience, LinkEvents events, std::stop_token stop) {
      auto open = [](SessionedLink* self, Audience whose, LinkEvents hear, std::stop_token end) -> Task<std::unique_ptr<Link>> {
        Task<std::unique_ptr<Link>> opening = self->open_(std::move(whose), std::move(hear), std::move(end));
        std::unique_ptr<Link> link = co_await std::move(opening);
        if (link->hello().revision->era == protocol::Era::legacy) co_return std::move(link);
        self->renewed_ = true;
        co_await link->close();
        co_return base::Error(base::Code::unavailable, std::string(kRenewed));
      };
      return open(this, std::move(audience), std::move(events), std::move(stop));
    };
  }

  void narrow(Audience& audience) const {
    if (sharing_ == Sharing::never || first_->correlates() || can_be_asked(audience) || !audience.handle.empty()) return;
    audience.caller.clear();
  }

  // What has become an upstream of the other era is opened anew for the next request.
  void notice(const Link& link, protocol::Era was) { renewed_ = renewed_ || link.hello().revision->era != was; }

  Task<Reply> in_first(LinkRequest request) {
    Result<Reply> reply = co_await first_->request(std::move(request)).result();
    notice(*first_, protocol::Era::modern);
    co_return std::move(reply);
  }

  Task<Reply> in_session(LinkRequest request) {
    // What a task asks says for which task it is.
    const bool alone = !first_->correlates() && request.audience.handle != kTaskSession && protocol::facts(request.method).may_ask_input &&
                       can_be_asked(request.audience);
    auto use = alone ? SessionPool::Use::alone : SessionPool::Use::shared;
    SessionPool::Lease lease = co_await pool_.lease(request.audience, use, request.stop, request.deadline);
    Result<Reply> reply = co_await lease.link().request(std::move(request)).result();
    notice(lease.link(), protocol::Era::legacy);
    co_return std::move(reply);
  }

  std::unique_ptr<Link> first_;
  OpenSession open_;
  bool renewed_ = false;
  Sharing sharing_;
  SessionPool pool_;
};

}  // namespace

bool can_be_asked(const Audience& audience) {
  if (audience.capabilities == "{}") return false;
  for (std::string_view what : {"elicitation", "sampling", "roots"})
    if (!base::find_member(audience.capabilities, what).empty()) return true;
  return false;
}

std::unique_ptr<Link> make_sessioned_link(base::Loop& loop, std::unique_ptr<Link> first, OpenSession open, LinkEvents events,
                                          Sharing sharing) {
  return std::make_unique<SessionedLink>(loop, std::move(first), std::move(open), std::move(events), sharing);
}

}  // namespace gateway
