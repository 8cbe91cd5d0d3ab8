#include "trust/provenance/version_order.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace trust {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_zeros(std::string_view number) {
  while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
  return number;
}

// Numbers of any length.
std::weak_ordering compare_numbers(std::string_view a, std::string_view b) {
  a = without_zeros(a);
  b = without_zeros(b);
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text = at == text.npos ? std::string_view() : text.substr(at + 1);
  return part;
}

bool number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, digit); }

std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (number(a) && number(b)) return compare_numbers(a, b);
  if (number(a) != number(b)) return number(a) ? std::weak_ordering::less : std::weak_ordering::greater;
  return a <=> b;
}

// `1.2.3-beta.1`: a release is newer than what went before it.
std::weak_ordering compare_semver(std::string_view a, std::string_view b) {
  for (std::string_view* one : {&a, &b}) {
    if (one->starts_with('v')) one->remove_prefix(1);
    *one = one->substr(0, one->find('+'));
  }
  std::string_view rest_a = a.find('-') == a.npos ? std::string_view() : a.substr(a.find('-') + 1);
  std::string_view rest_b = b.find('-') == b.npos ? std::string_view() : b.substr(b.find('-') + 1);
  a = a.substr(0, a.find('-'));
  b = b.substr(0, b.find('-'));
  while (!a.empty() || !b.empty()) {
    const std::string_view one = take_until(a, '.');
    const std::string_view other = take_until(b, '.');
    const auto order = compare_identifiers(one.empty() ? "0" : one, other.empty() ? "0" : other);
    if (order != 0) return order;
  }
  if (rest_a.empty() || rest_b.empty()) return static_cast<int>(rest_a.empty()) <=> static_cast<int>(rest_b.empty());
  while (!rest_a.empty() && !rest_b.empty()) {
    const auto order = compare_identifiers(take_until(rest_a, '.'), take_until(rest_b, '.'));
    if (order != 0) return order;
  }
  return rest_a.size() <=> rest_b.size();
}

// A version of PEP 440, taken apart. Numbers are texts, so that none is too large.
struct Pep440 {
  std::string epoch = "0";
  std::vector<std::string> release;
  int pre = 3;  // 0: a, 1: b, 2: rc, 3: none, -1: none, but a dev-release of the release itself
  std::string pre_number = "0";
  bool post = false;
  std::string post_number = "0";
  bool dev = false;
  std::string dev_number = "0";
  std::string local;
};

class Pep440Reader {
 public:
  explicit Pep440Reader(std::string_view text) {
    for (char c : text) text_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }

  Pep440 read() {
    Pep440 out;
    if (text_.starts_with('v')) ++at_;
    if (const std::size_t local = text_.find('+'); local != std::string::npos) {
      out.local = text_.substr(local + 1);
      std::ranges::replace(out.local, '-', '.');
      std::ranges::replace(out.local, '_', '.');
      text_.resize(local);
    }
    if (const std::size_t epoch = text_.find('!'); epoch != std::string::npos) {
      out.epoch = digits("0");
      at_ = epoch + 1;
    }
    do out.release.push_back(digits("0"));
    while (dot_and_digit());
    while (out.release.size() > 1 && without_zeros(out.release.back()) == "0") out.release.pop_back();
    read_suffixes(out);
    if (out.dev && out.pre == 3 && !out.post) out.pre = -1;
    return out;
  }

 private:
  std::string digits(std::string_view otherwise) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && digit(text_[at_])) ++at_;
    return at_ == begin ? std::string(otherwise) : text_.substr(begin, at_ - begin);
  }
  bool dot_and_digit() {
    if (at_ + 1 >= text_.size() || text_[at_] != '.' || !digit(text_[at_ + 1])) return false;
    ++at_;
    return true;
  }
  void skip_joint() {
    if (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '_')) ++at_;
  }
  bool word(std::string_view name) {
    if (!std::string_view(text_).substr(std::min(at_, text_.size())).starts_with(name)) return false;
    at_ += name.size();
    skip_joint();
    return true;
  }
  void read_suffixes(Pep440& out) {
    struct Pre {
      std::string_view name;
      int order;
    };
    // The longer ones first.
    constexpr std::array<Pre, 8> kPre{{{"alpha", 0}, {"beta", 1}, {"preview", 2}, {"pre", 2}, {"rc", 2}, {"a", 0}, {"b", 1}, {"c", 2}}};
    while (at_ < text_.size()) {
      const std::size_t begin = at_;
      const bool dash = text_[at_] == '-';
      skip_joint();
      if (word("post") || word("rev") || word("r0") || (dash && at_ < text_.size() && digit(text_[at_]))) {
        out.post = true;
        out.post_number = digits("0");
      } else if (word("dev")) {
        out.dev = true;
        out.dev_number = digits("0");
      } else {
        for (const Pre& pre : kPre)
          if (word(pre.name)) {
            out.pre = pre.order;
            out.pre_number = digits("0");
            break;
          }
      }
      if (at_ <= begin + 1 && (at_ == begin || !digit(text_[begin]))) return;  // nothing that is known
    }
  }

  std::string text_;
  std::size_t at_ = 0;
};

std::weak_ordering compare_releases(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto order = compare_numbers(i < a.size() ? a[i] : "0", i < b.size() ? b[i] : "0");
    if (order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

std::weak_ordering compare_local(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view one = take_until(a, '.');
    const std::string_view other = take_until(b, '.');
    // A number is newer than a word.
    const auto order =
        number(one) != number(other) ? static_cast<int>(number(one)) <=> static_cast<int>(number(other)) : compare_identifiers(one, other);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

std::weak_ordering compare_pep440(std::string_view left, std::string_view right) {
  const Pep440 a = Pep440Reader(left).read();
  const Pep440 b = Pep440Reader(right).read();
  if (const auto order = compare_numbers(a.epoch, b.epoch); order != 0) return order;
  if (const auto order = compare_releases(a.release, b.release); order != 0) return order;
  if (a.pre != b.pre) return a.pre <=> b.pre;
  if (const auto order = compare_numbers(a.pre_number, b.pre_number); order != 0) return order;
  if (a.post != b.post) return static_cast<int>(a.post) <=> static_cast<int>(b.post);
  if (const auto order = compare_numbers(a.post_number, b.post_number); order != 0) return order;
  if (a.dev != b.dev) return static_cast<int>(!a.dev) <=> static_cast<int>(!b.dev);
  if (const auto order = compare_numbers(a.dev_number, b.dev_number); order != 0) return order;
  return compare_local(a.local, b.local);
}

}  // namespace

std::weak_ordering compare_versions(Ecosystem ecosystem, std::string_view a, std::string_view b) {
  return ecosystem == Ecosystem::pypi ? compare_pep440(a, b) : compare_semver(a, b);
}

}  // namespace trust
