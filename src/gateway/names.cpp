#include "gateway/names.h"

#include <unordered_map>

#include "base/digest.h"

namespace gateway {
namespace {

constexpr std::size_t kHash = 6;

bool allowed(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

struct Wish {
  std::string name;
  bool exact = true;  // the real name, unchanged
};

Wish wish(const RealName& real, std::size_t limit) {
  Wish out;
  out.name.reserve(real.server.size() + 2 + real.name.size());
  out.name.append(real.server).append("__");
  for (char c : real.name) {
    out.exact = out.exact && allowed(c);
    out.name += allowed(c) ? c : '_';
  }
  if (real.name.empty() || out.name.size() > limit) out.exact = false;
  return out;
}

std::string alias(const RealName& real, std::string_view wished, std::size_t limit, int attempt) {
  std::string seed = std::string(real.server) + '\n' + std::string(real.name) + (attempt ? '\n' + std::to_string(attempt) : "");
  std::string head(wished.substr(0, limit - kHash - 1));
  while (head.size() > real.server.size() + 2 && head.back() == '_') head.pop_back();
  return head + '_' + base::sha256_hex(seed).substr(0, kHash);
}

}  // namespace

std::vector<std::string> public_names(std::span<const RealName> names, std::size_t limit) {
  std::vector<Wish> wishes;
  std::unordered_map<std::string_view, int> wanted;  // how many want it without a change, or with one
  std::unordered_map<std::string_view, int> exact;
  wishes.reserve(names.size());
  for (const RealName& real : names) wishes.push_back(wish(real, limit));
  for (const Wish& w : wishes) {
    ++wanted[w.name];
    if (w.exact) ++exact[w.name];
  }

  std::vector<std::string> out(names.size());
  std::unordered_map<std::string, std::size_t> taken;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Wish& w = wishes[i];
    bool fits = w.name.size() <= limit && !names[i].name.empty();
    bool free = w.exact ? exact[w.name] == 1 : (wanted[w.name] == 1 && fits);
    if (free) {
      out[i] = w.name;
      taken.emplace(w.name, i);
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!out[i].empty()) continue;
    for (int attempt = 0; out[i].empty(); ++attempt) {
      std::string name = alias(names[i], wishes[i].name, limit, attempt);
      if (taken.emplace(name, i).second) out[i] = std::move(name);
    }
  }
  return out;
}

std::string_view server_of(std::string_view public_name) {
  auto at = public_name.find("__");
  return at == std::string_view::npos ? std::string_view() : public_name.substr(0, at);
}

}  // namespace gateway
