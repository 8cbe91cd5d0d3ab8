// API keys as lists show them.
#pragma once

#include <string>

#include "access/keys/key_book.h"

namespace app {

// `time` in UTC as strftime writes it by `format`; empty for a time that is none.
std::string time_text(authz::KeyTime time, const char* format);
// `2027-02-28`, or empty.
std::string day_of(authz::KeyTime time);
// All of a key but its digests, as a JSON object.
std::string key_json(const store::StoredKey& key, authz::KeyTime now);

}  // namespace app
