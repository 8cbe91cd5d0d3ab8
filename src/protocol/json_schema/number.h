// Numbers and equality as JSON Schema means them: by value, exactly, whatever the spelling.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace protocol::schema {

// A JSON number by value: an integer of sign and 64 bits where it is one, else a double. 1.0 and 1e0 are the integer 1.
struct Number {
  bool integral = true;
  bool negative = false;        // of an integral one; zero is not negative
  std::uint64_t magnitude = 0;  // of an integral one
  double real = 0;              // of any other; infinite where the text was beyond a double

  // Nothing when `value` is no number.
  static std::optional<Number> of(const boost::json::value& value);
  static Number of(double real);
  // As text, the shortest that reads back as the same number.
  std::string text() const;
};

// True for integers of any size. A number that is beyond a double is taken for one.
bool is_integer(const Number& n);
// Less than 0, 0 or more than 0, exactly.
int compare(const Number& a, const Number& b);
// Whether `n` divided by `divisor` (more than 0) has no rest, computed on the shortest decimal spellings of both.
bool is_multiple(const Number& n, const Number& divisor);

// Both are the same JSON value: numbers by value, objects whatever their order. Adds what it cost to `steps`.
bool same(const boost::json::value& a, const boost::json::value& b, std::size_t& steps);
// Equal for values that are the same. Adds what it cost to `steps`. Seeded once per process, so that nobody can prepare collisions.
std::size_t hash(const boost::json::value& value, std::size_t& steps);

}  // namespace protocol::schema
