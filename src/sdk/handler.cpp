#include "sdk/handler.h"

namespace sdk {

Task<std::string> Outlet::request_until(std::stop_token, protocol::Method method, std::string params) {
  return request(method, std::move(params));
}

Task<void> until_stopped(std::stop_token stop) {
  base::OneShot<void> stopped;
  auto wake = [&stopped] { stopped.set(Result<>()); };
  std::stop_callback on_stop(std::move(stop), wake);
  (void)co_await stopped.wait();
}

Task<void> Handler::stream(Inbound, Outlet& out) { co_await until_stopped(out.stop_token()); }

}  // namespace sdk
