#include "protocol/json_schema/number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <string_view>

namespace protocol::schema {
namespace {

__extension__ using Wide = unsigned __int128;

// digits * 10^exponent, without zeros at the end of digits.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

Decimal decimal_of(const Number& n) {
  Decimal out;
  if (n.integral) {
    out.digits = n.magnitude;
  } else {
    char text[40];
    auto end = std::to_chars(text, text + sizeof text, std::fabs(n.real), std::chars_format::scientific).ptr;
    const char* at = text;
    bool fraction = false;
    for (; at < end && *at != 'e'; ++at) {
      if (*at == '.') {
        fraction = true;
      } else {  // a double has at most 17 digits
        out.digits = out.digits * 10 + static_cast<std::uint64_t>(*at - '0');
        if (fraction) --out.exponent;
      }
    }
    int written = 0;
    if (at < end) ++at;
    if (at < end && *at == '+') ++at;
    std::from_chars(at, end, written);
    out.exponent += written;
  }
  while (out.digits != 0 && out.digits % 10 == 0) {
    out.digits /= 10;
    ++out.exponent;
  }
  return out;
}

std::uint64_t power_of_ten_modulo(int exponent, std::uint64_t modulus) {
  Wide result = 1 % modulus;
  Wide base = 10 % modulus;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return static_cast<std::uint64_t>(result);
}

int sign_of(const Number& n) {
  if (n.integral) return n.magnitude == 0 ? 0 : n.negative ? -1 : 1;
  return n.real < 0 ? -1 : n.real > 0 ? 1 : 0;
}

std::size_t mixed(std::size_t a, std::size_t b) {
  std::uint64_t x = a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6) + (a >> 2));
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::size_t seed() {
  static const std::size_t kSeed = [] {
    std::random_device device;
    return (static_cast<std::size_t>(device()) << 32) ^ device();
  }();
  return kSeed;
}

std::size_t text_hash(std::string_view text) {
  // The seed goes in with the bytes: what collides in a plain hash must not collide here.
  std::size_t h = mixed(seed(), text.size());
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t j = 0; j < 8; ++j) word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i + j])) << (8 * j);
    h = mixed(h, word);
  }
  for (; i < text.size(); ++i) h = mixed(h, static_cast<unsigned char>(text[i]));
  return h;
}

}  // namespace

Number Number::of(double real) {
  Number n;
  if (std::trunc(real) == real && std::fabs(real) < 0x1p64) {
    n.magnitude = static_cast<std::uint64_t>(std::fabs(real));
    n.negative = real < 0;
    return n;
  }
  n.integral = false;
  n.real = real;
  return n;
}

std::optional<Number> Number::of(const boost::json::value& value) {
  if (const auto* i = value.if_int64()) {
    Number n;
    n.negative = *i < 0;
    n.magnitude = n.negative ? 0 - static_cast<std::uint64_t>(*i) : static_cast<std::uint64_t>(*i);
    return n;
  }
  if (const auto* u = value.if_uint64()) {
    Number n;
    n.magnitude = *u;
    return n;
  }
  if (const auto* d = value.if_double()) return of(*d);
  return std::nullopt;
}

std::string Number::text() const {
  char text[48];
  char* at = text;
  if (integral) {
    if (negative) *at++ = '-';
    return {text, std::to_chars(at, text + sizeof text, magnitude).ptr};
  }
  return {text, std::to_chars(at, text + sizeof text, real).ptr};
}

bool is_integer(const Number& n) { return n.integral || std::trunc(n.real) == n.real; }

int compare(const Number& a, const Number& b) {
  if (int x = sign_of(a), y = sign_of(b); x != y) return x < y ? -1 : 1;
  if (a.integral && b.integral) {
    if (a.magnitude == b.magnitude) return 0;
    return (a.magnitude < b.magnitude) != a.negative ? -1 : 1;
  }
  if (!a.integral && !b.integral) return a.real < b.real ? -1 : a.real > b.real ? 1 : 0;
  if (!a.integral) return -compare(b, a);
  // An integer against a fraction, or against a number beyond 64 bits, of the same sign.
  double size = std::fabs(b.real);
  bool below;  // a is nearer to zero
  if (size >= 0x1p64)
    below = true;
  else
    below = a.magnitude <= static_cast<std::uint64_t>(size);  // b has a fraction: it lies beyond its whole part
  return below != (sign_of(b) < 0) ? -1 : 1;
}

bool is_multiple(const Number& n, const Number& divisor) {
  if (sign_of(n) == 0) return true;
  if ((!n.integral && !std::isfinite(n.real)) || (!divisor.integral && !std::isfinite(divisor.real))) return false;
  Decimal a = decimal_of(n);
  Decimal b = decimal_of(divisor);
  if (b.digits == 0) return false;
  int shift = a.exponent - b.exponent;
  if (shift >= 0) return static_cast<Wide>(a.digits % b.digits) * power_of_ten_modulo(shift, b.digits) % b.digits == 0;
  // a.digits has no factor of ten left to give, so the divisor would have to be larger than 10^-shift allows.
  Wide whole = b.digits;
  for (; shift < 0; ++shift) {
    if (whole > a.digits) return false;
    whole *= 10;
  }
  return whole <= a.digits && a.digits % whole == 0;
}

bool same(const boost::json::value& a, const boost::json::value& b, std::size_t& steps) {
  ++steps;
  if (auto x = Number::of(a)) {
    auto y = Number::of(b);
    return y && compare(*x, *y) == 0;
  }
  if (a.kind() != b.kind()) return false;
  if (const auto* x = a.if_string()) {
    steps += x->size() / 64;
    return *x == b.get_string();
  }
  if (const auto* x = a.if_array()) {
    const auto& y = b.get_array();
    if (x->size() != y.size()) return false;
    for (std::size_t i = 0; i < x->size(); ++i)
      if (!same((*x)[i], y[i], steps)) return false;
    return true;
  }
  if (const auto* x = a.if_object()) {
    const auto& y = b.get_object();
    if (x->size() != y.size()) return false;
    for (const auto& member : *x) {
      const auto* other = y.if_contains(member.key());
      if (!other || !same(member.value(), *other, steps)) return false;
    }
    return true;
  }
  return a.is_null() || a.get_bool() == b.get_bool();
}

std::size_t hash(const boost::json::value& value, std::size_t& steps) {
  ++steps;
  if (auto n = Number::of(value)) {
    if (n->integral) return mixed(seed() + 1, n->magnitude + (n->negative ? 1 : 0));
    return mixed(seed() + 2, std::bit_cast<std::uint64_t>(n->real));
  }
  if (const auto* s = value.if_string()) {
    steps += s->size() / 64;
    return text_hash({s->data(), s->size()});
  }
  if (const auto* array = value.if_array()) {
    std::size_t h = seed() + 3;
    for (const auto& item : *array) h = mixed(h, hash(item, steps));
    return h;
  }
  if (const auto* object = value.if_object()) {
    std::size_t sum = object->size();  // added up, since the order does not count
    for (const auto& member : *object) sum += mixed(text_hash({member.key().data(), member.key().size()}), hash(member.value(), steps));
    return mixed(seed() + 4, sum);
  }
  return mixed(seed() + 5, value.is_null() ? 0 : value.get_bool() ? 1 : 2);
}

}  // namespace protocol::schema
