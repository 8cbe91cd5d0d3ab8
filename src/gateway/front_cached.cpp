// The part of Front that answers a read from what was read before.
#include "gateway/cache.h"
#include "gateway/front.h"

namespace gateway {

using base::Task;
using protocol::Method;
using sdk::Reply;

Task<Reply> Front::answer_or_dispatch(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out) {
  const bool may_be_kept = in->method() == Method::resources_read && target->upstream->config().kind != ServerConfig::Kind::builtin &&
                           ReadCache::plain(in->rpc.params);
  return may_be_kept ? answer_or_read(call, target, in, out) : dispatch(call, target, in, out);
}

Task<Reply> Front::answer_or_read(OpenCall* call, const Target* target, const sdk::Inbound* in, sdk::Outlet* out) {
  const Viewer who = viewer(*call, *in);
  const std::string& uri = target->uri.empty() ? in->rpc.name : target->uri;
  const ReadCache::Key key{target->entry->server->id, uri, gateway_.source_.caller_of(target->entry->server->id, who),
                           who.audience.capabilities};
  if (auto known = gateway_.reads_.find(key)) co_return Reply(*std::move(known));
  const std::uint64_t since = gateway_.reads_.changes();
  Reply reply = co_await dispatch(call, target, in, out);
  if (!reply.error()) gateway_.reads_.put(key, reply.result(), since);
  co_return std::move(reply);
}

}  // namespace gateway
