// A connection to a Streamable HTTP endpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/task_group.h"
#include "net/sse.h"
#include "protocol/era_probe.h"
#include "protocol/message.h"
#include "sdk/connection.h"
#include "sdk/open_calls.h"

namespace sdk {

// Threads: one loop only.
class HttpConnection final : public Connection {
 public:
  HttpConnection(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options);
  ~HttpConnection() override;

  // Settles the era.
  Task<void> open();
  // After open() failed: the server may still speak the old HTTP+SSE transport.
  bool may_be_sse() const { return maybe_sse_; }

  Task<Reply> request(protocol::Method method, std::string params, CallOptions options) override;
  void notify(protocol::Method method, std::string params, std::string_view name = {}) override;
  void hear() override;
  Task<void> close(Millis grace) override;
  bool alive() const override { return !closing_.stop_requested(); }
  std::string why() const override { return closing_.stop_requested() ? "the connection was closed" : ""; }

 private:
  // What came for one POST: the JSON-RPC message that answers it, or another body.
  struct Answer {
    int status = 0;
    std::string text;
    std::string session;
    bool stream = false;
  };
  struct Wanted {
    std::string id;
    OnNotification on_notification;
    std::function<void(Millis retry)> on_stream_closed;
    OpenCall* call = nullptr;  // who is asked what the server asks on this stream; null: the stream is nobody's
    const std::vector<std::pair<std::string, std::string>>* headers = nullptr;  // this request's own
    Authorizer* authorizer = nullptr;                                           // this request's own; null: the connection's
    bool listens = false;                                                       // all that comes belongs to the request
    bool* lost = nullptr;                                                       // set when the answer was lost on its way
    std::stop_token stop;
    Instant deadline;
    net::Repeat repeat = net::Repeat::never;
  };
  // The state of an event stream while it is read.
  struct Stream {
    bool broken = false;  // it ended, or broke off, before the answer
    bool closed = false;  // ... and that in good order
    std::string last_id;
    int retry = 1000;
  };

  Task<Answer> post(protocol::Outgoing out, Wanted wanted);
  Authorizer* authorizer_of(const Wanted& wanted) const { return wanted.authorizer ? wanted.authorizer : options_.authorizer.get(); }
  // The answer, where it is no stream and all of it came with its head.
  bool take_answer(net::HttpResponse& response, Answer& answer) const;
  Task<Answer> read_answer(net::HttpResponse response, Wanted wanted, Stream* stream);
  Task<Answer> resume(Wanted wanted, Stream stream);
  Task<Reply> send(protocol::Method method, const std::string& params, const CallOptions& options, std::string_view session,
                   bool* lost = nullptr);
  Task<Reply> send_twice(protocol::Method method, const std::string& params, const CallOptions& options, std::string_view session);
  void stream_event(const protocol::Message& message, const Wanted& wanted);
  Result<bool> event(const std::string& data, const Wanted& wanted, Answer& answer);
  Result<Reply> reply_of(Answer answer, std::string_view id);
  Task<void> probe(Instant latest = Instant::max());
  Task<protocol::EraProbe::Step> discover(protocol::EraProbe* probe, const protocol::Revision* asked, Instant deadline);
  Task<bool> turned_modern(Instant latest);
  Task<void> settle_era();
  Task<void> initialize(const protocol::Revision& revision, Instant deadline);
  Task<void> send_notification(protocol::Outgoing out);
  Task<void> serve(std::string id, protocol::Method method, std::string params, Askable askable);
  Task<void> watch();
  Task<void> watch_legacy();
  Task<bool> renewed(std::string session);
  std::vector<net::HttpHeader> headers(const protocol::Outgoing& out,
                                       const std::vector<std::pair<std::string, std::string>>* own = nullptr) const;

  Loop& loop_;
  net::HttpClient& client_;
  net::Url url_;
  ConnectionOptions options_;
  std::string session_;
  std::uint64_t next_id_ = 1;
  std::size_t running_ = 0;
  OpenCalls calls_;
  bool initializing_ = false;
  bool maybe_sse_ = false;
  bool hinted_ = false;             // the era is believed, and was not seen yet
  Instant judged_{};                // when the era was found out
  std::optional<Instant> doubted_;  // when an answer of another era was last looked into, in vain
  bool hearing_ = false;            // a GET stream is open, or about to be
  base::OneShot<void> heard_;       // the server answered the first GET, in whatever way
  std::stop_source closing_;
  base::TaskGroup tasks_;
};

// What an HTTP status that no JSON-RPC message explains means.
Error http_error(int status, const std::string& where);

}  // namespace sdk
