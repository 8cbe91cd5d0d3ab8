#include "gateway/paging.h"

#include <algorithm>

#include "base/digest.h"
#include "base/json.h"

namespace gateway {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::size_t kDigest = 32;

std::string_view kind_key(DefinitionKind kind) {
  constexpr std::array<std::string_view, kKinds.size()> kKeys = {"tools", "prompts", "resources", "resourceTemplates"};
  return kKeys[static_cast<std::size_t>(kind)];
}

Error unknown_cursor() { return Error(Code::invalid_argument, "unknown cursor: begin with the first page again"); }

}  // namespace

sdk::Reply ListPages::first(const Walk& walk, const std::shared_ptr<const Catalog>& catalog) {
  const std::shared_ptr<const ListText>& list = catalog->text(walk.kind);
  if (list->items.size() <= limits_.entries && list->text.size() <= limits_.bytes)
    return sdk::Reply(std::shared_ptr<const std::string>(list, &list->text), list->bare);
  return page(walk, catalog, 0);
}

Result<sdk::Reply> ListPages::next(const Walk& walk, std::string_view cursor, const std::shared_ptr<const Catalog>& now) {
  auto opened = carrier_.open(CarriedKind::cursor, cursor, walk.caller, Carrier::WallTime::clock::now());
  if (!opened) return unknown_cursor();
  const std::string& body = opened->body;
  auto route = base::json_string(base::find_member(body, "route"));
  auto kind = base::json_string(base::find_member(body, "kind"));
  auto digest = base::json_string(base::find_member(body, "list"));
  auto last = base::json_string(base::find_member(body, "last"));
  auto given = base::json_integer(base::find_member(body, "given"));
  if (!route || !kind || !digest || !last || !given || *route != walk.route || *kind != kind_key(walk.kind)) return unknown_cursor();
  if (auto* kept = kept_.find(*digest)) {
    std::shared_ptr<const Catalog> catalog = *kept;
    return page(walk, catalog, static_cast<std::size_t>(*given));
  }
  if (!now) return unknown_cursor();
  if (digest_of(now, walk.kind) == *digest) return page(walk, now, static_cast<std::size_t>(*given));
  std::span<const Entry> entries = now->entries(walk.kind);
  auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.public_name == *last; });
  if (found == entries.end()) return unknown_cursor();
  return page(walk, now, static_cast<std::size_t>(found - entries.begin()) + 1);
}

std::string ListPages::digest_of(const std::shared_ptr<const Catalog>& catalog, DefinitionKind kind) {
  const ListText* list = catalog->text(kind).get();
  if (Kept* known = digests_.find(list)) return known->digest;
  std::string digest = base::sha256_hex(list->text).substr(0, kDigest);
  digests_.put(list, {catalog, digest});
  return digest;
}

sdk::Reply ListPages::page(const Walk& walk, const std::shared_ptr<const Catalog>& catalog, std::size_t from) {
  const ListText& list = *catalog->text(walk.kind);
  from = std::min(from, list.items.size());
  std::size_t to = from, bytes = 0;
  while (to < list.items.size() && to - from < limits_.entries) {
    bytes += list.items[to].second + 1;
    if (to > from && bytes > limits_.bytes) break;
    ++to;
  }
  std::string out = "{\"" + std::string(kind_key(walk.kind)) + "\":[";
  if (to > from) {
    std::size_t begin = list.items[from].first, end = list.items[to - 1].first + list.items[to - 1].second;
    out.reserve(out.size() + end - begin + 512);
    out.append(list.text, begin, end - begin);
  }
  out += ']';
  if (to < list.items.size()) {
    std::string digest = digest_of(catalog, walk.kind);
    std::string body = "{\"route\":" + base::quoted(walk.route) + ",\"kind\":" + base::quoted(kind_key(walk.kind)) +
                       ",\"list\":" + base::quoted(digest) + ",\"given\":" + std::to_string(to) +
                       ",\"last\":" + base::quoted(catalog->entries(walk.kind)[to - 1].public_name) + "}";
    kept_.put(digest, catalog);
    auto until = Carrier::WallTime::clock::now() + limits_.good;
    out += ",\"nextCursor\":" + base::quoted(carrier_.seal(CarriedKind::cursor, body, walk.caller, until));
  }
  out += '}';
  return sdk::Reply(std::make_shared<const std::string>(std::move(out)), list.bare);
}

}  // namespace gateway
