#include <fmt/format.h>

#include <algorithm>

#include "app/asked_gateway.h"
#include "app/commands.h"
#include "app/nearest.h"
#include "app/pins_desk.h"
#include "app/terminal.h"
#include "trust/pins/difference_text.h"

namespace app {
namespace {

using trust::LedgerPin;
using trust::PinKind;

int failed(const mcp::Error& error) {
  if (!error.message.empty()) complain(error.message);
  return error.code == mcp::Code::invalid_argument ? kUsage : kFailed;
}

int no_such_server(const PinsDesk& desk, std::string_view id) {
  const std::vector<std::string> ids = desk.server_ids();
  const std::vector<std::string_view> known(ids.begin(), ids.end());
  auto near = find_nearest(id, known);
  complain(fmt::format("there is no server {} with pins{}", shown(std::string(id)), near ? fmt::format("; did you mean {}?", *near) : ""));
  return kUsage;
}

bool pinned_server(const PinsDesk& desk, const std::string& id) {
  const std::vector<std::string> ids = desk.server_ids();
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Of all servers, or of the one that is named.
std::vector<std::string> wanted(const PinsDesk& desk, const std::vector<std::string>& names) {
  return names.empty() ? desk.server_ids() : std::vector<std::string>{names.front()};
}

std::string label(const LedgerPin& line) {
  return line.pin.name.empty() ? std::string(pin_kind_name(line.pin.kind)) : trust::unhidden(line.pin.name);
}

}  // namespace

int pins_list(const PinsOptions& options) {
  auto desk = PinsDesk::open(options.config);
  if (!desk) return failed(desk.error());
  if (!options.names.empty() && !pinned_server(*desk, options.names.front())) return no_such_server(*desk, options.names.front());
  std::vector<std::vector<std::string>> rows;
  std::string json;
  for (const std::string& server : wanted(*desk, options.names))
    for (const LedgerPin& line : desk->ledger(server).lines()) {
      json.append(json.empty() ? "" : ",\n").append(pin_json(server, line));
      rows.push_back({server, std::string(pin_kind_name(line.pin.kind)), label(line), std::string(pin_state_name(line.state)),
                      line.pin.digest.substr(0, 12), trust::unhidden(line.reason)});
    }
  print(options.output == Output::json ? "[" + json + "]\n" : table(rows));
  if (rows.empty() && options.output == Output::text) fmt::print(stderr, "no pins\n");
  return kGood;
}

int pins_diff(const PinsOptions& options) {
  if (options.names.size() == 2) return pins_compare(options);
  auto desk = PinsDesk::open(options.config);
  if (!desk) return failed(desk.error());
  if (!options.names.empty() && !pinned_server(*desk, options.names.front())) return no_such_server(*desk, options.names.front());
  std::vector<trust::Difference> all;
  for (const std::string& server : wanted(*desk, options.names)) {
    const trust::Ledger& book = desk->ledger(server);
    for (const LedgerPin& line : book.lines()) {
      if (!trust::is_held(line.state)) continue;
      all.push_back(held_difference(book, line));
      if (options.output == Output::json) continue;
      print(fmt::format("{}: {}\n", server, trust::unhidden(line.reason)));
      print(trust::side_by_side(all.back(), output_width()));
    }
  }
  if (options.output == Output::json)
    print(trust::differences_json(all) + "\n");
  else if (all.empty())
    print("no difference: nothing is held back\n");
  else
    print("approve what is right with: gatehouse pins approve SERVER [NAME...]\n");
  return all.empty() ? kGood : kFailed;
}

int pins_approve(const PinsOptions& options) {
  auto desk = PinsDesk::open(options.config);
  if (!desk) return failed(desk.error());
  const std::string& server = options.names.front();
  if (!pinned_server(*desk, server)) return no_such_server(*desk, server);
  auto found = desk->held(server, {options.names.begin() + 1, options.names.end()});
  if (!found) return failed(found.error());
  const std::vector<LedgerPin>& held = *found;
  if (held.empty()) {
    print(fmt::format("nothing of {} is held back\n", server));
    return kGood;
  }
  if (auto done = desk->approve(server, held); !done) return failed(done.error());
  for (const LedgerPin& line : held)
    print(fmt::format("approved: {} {} {}\n", server, pin_kind_name(line.pin.kind), trust::unhidden(line.pin.name)));
  return kGood;
}

}  // namespace app
