#include <fmt/format.h>

#include <algorithm>

#include "app/asked_gateway.h"
#include "app/commands.h"
#include "app/nearest.h"
#include "app/pins_desk.h"
#include "app/terminal.h"
#include "base/json.h"
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

std::string as_json(const std::string& server, const LedgerPin& line) {
  return fmt::format(R"({{"server":{},"kind":"{}","name":{},"state":"{}","sha256":"{}","caller":{},"reason":{}}})", base::quoted(server),
                     pin_kind_name(line.pin.kind), base::quoted(line.pin.name), pin_state_name(line.state), line.pin.digest,
                     base::quoted(line.caller), base::quoted(line.reason));
}

trust::Difference difference_of(const trust::Ledger& book, const LedgerPin& held) {
  const LedgerPin* known = book.approved(held.pin.kind, held.pin.name);
  trust::Difference out;
  out.change = known ? trust::Change::changed : trust::Change::added;
  out.kind = held.pin.kind;
  out.name = held.pin.name;
  out.after = held.pin.digest;
  if (known) out.before = known->pin.digest;
  out.fields = trust::field_changes(held.pin.kind, known ? known->pin.text : std::string(), held.pin.text, &out.more_fields);
  return out;
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
      json.append(json.empty() ? "" : ",\n").append(as_json(server, line));
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
      all.push_back(difference_of(book, line));
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
  std::vector<LedgerPin> held;
  std::vector<std::string_view> names(options.names.begin() + 1, options.names.end());
  std::vector<std::string> known;
  for (LedgerPin& line : desk->ledger(server).lines()) {
    if (!trust::is_held(line.state)) continue;
    const std::string name = line.pin.name.empty() ? std::string(pin_kind_name(line.pin.kind)) : line.pin.name;
    known.push_back(name);
    if (options.names.size() == 1 || std::erase(names, name) > 0 ||
        std::any_of(held.begin(), held.end(), [&](const LedgerPin& one) { return one.pin.name == name; }))
      held.push_back(std::move(line));
  }
  if (!names.empty()) {
    const std::vector<std::string_view> all(known.begin(), known.end());
    auto near = find_nearest(names.front(), all);
    complain(fmt::format("nothing of {} that is held back is called {}{}", server, shown(std::string(names.front())),
                         near ? fmt::format("; did you mean {}?", without_controls(*near)) : ""));
    return kFailed;
  }
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
