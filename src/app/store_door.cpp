#include "app/store_door.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "app/commands.h"
#include "app/terminal.h"
#include "edge/routes.h"
#include "net/reaper.h"
#include "observe/audit/audit_writer.h"

namespace app {

std::optional<StoreDoor> open_store_door(const std::string& config, int* status) {
  *status = kUsage;
  auto read = open_config(config);
  if (!read) return {};
  *status = kFailed;
  auto store = store::open_store(read->store.reveal());
  if (!store) {
    complain(store.error().message);
    return {};
  }
  return StoreDoor{*std::move(read), *std::move(store)};
}

void StoreDoor::tell() const {
  const std::string path = config.socket_path();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  net::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return;
  const std::string request =
      "POST " + std::string(edge::kStoreChanged) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return;
  // The answer comes when it has looked.
  std::array<char, 512> answer{};
  (void)!::read(socket.get(), answer.data(), answer.size());
}

void StoreDoor::note(std::string kind, std::string subject, std::string actor, std::string detail) const {
  if (!config.audit.on) return;
  if (actor.empty()) actor = "operator " + account_name();
  auto left = observe::leave_event(config.beside(), {std::move(kind), std::move(subject), std::move(actor), "", "ok", std::move(detail)});
  if (!left) complain(left.error().message);
}

std::string account_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) return entry.pw_name;
  return std::to_string(::getuid());
}

}  // namespace app
