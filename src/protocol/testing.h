// Words that the tests of this room share. A revision is written by what it is, so that no test holds a date:
// $M the newest modern revision, $L the newest legacy one, $S the one before it (structured output), $B the one with batches,
// $O the oldest, $META a good modern envelope.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "protocol/versions/versions.h"

namespace protocol::testing {

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

inline std::string spelled(std::string text) {
  text = replaced(std::move(text), "$META",
                  R"("_meta":{"io.modelcontextprotocol/protocolVersion":"$M","io.modelcontextprotocol/clientCapabilities":{}})");
  const auto all = all_revisions();
  text = replaced(std::move(text), "$M", latest_modern().name);
  text = replaced(std::move(text), "$L", latest_legacy().name);
  text = replaced(std::move(text), "$S", all[2]->name);
  text = replaced(std::move(text), "$B", headerless_legacy().name);
  return replaced(std::move(text), "$O", all[all.size() - 1]->name);
}

}  // namespace protocol::testing
