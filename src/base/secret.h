// A value that must not be printed.
#pragma once

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace base {

// Holds a credential. Every way to print it prints `[secret]`; reveal() is the one way out, and easy to find.
template <class T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  bool operator==(const Secret&) const = default;

 private:
  T value_;
};

template <class T>
std::ostream& operator<<(std::ostream& out, const Secret<T>&) {
  return out << "[secret]";
}

}  // namespace base

template <class T>
struct fmt::formatter<base::Secret<T>> : fmt::formatter<std::string_view> {
  auto format(const base::Secret<T>&, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format("[secret]", context);
  }
};
