// Answers with an ETag, kept so that asking again costs the API nothing.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "servers/rest/message.h"

namespace servers::rest {

// The answers used last, within bounds. A key names the URL and the credential.
// Threads: one at a time.
class EtagCache {
 public:
  struct Bounds {
    std::size_t entries = 200;
    std::size_t bytes = 4UL * 1024 * 1024;
    std::size_t one = 512UL * 1024;  // a larger body is not kept
  };
  explicit EtagCache(Bounds bounds) : bounds_(bounds) {}

  static std::string key_of(const Request& request);
  // The ETag to ask with, or empty.
  std::string tag(const std::string& key) const;
  // The answer that is kept; null when there is none. Good until the next put().
  const Answer* find(const std::string& key);
  // Keeps a good answer that has an ETag, and lets the oldest go.
  void put(const std::string& key, const Answer& answer);
  std::size_t size() const { return by_key_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::string key;
    std::string tag;
    Answer answer;
  };
  void drop(std::list<Kept>::iterator place);

  Bounds bounds_;
  std::list<Kept> kept_;  // used last at the front
  std::map<std::string, std::list<Kept>::iterator, std::less<>> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace servers::rest
