// The tree of a JSON text, with every number as near to its spelling as its type allows.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/json_scan.h"

namespace base {
namespace {

// A number whose exponent the tree's parser cannot count, with one that it can; both are beyond any double.
void append_countable(std::string& out, std::string_view number) {
  std::size_t e = number.find_first_of("eE");
  std::string_view mantissa = number.substr(0, e);
  if (e == std::string_view::npos || number.size() - e < 8) {
    out += number;
  } else if (mantissa.find_first_of("123456789") == std::string_view::npos) {
    out += mantissa;  // zero, whatever the exponent
  } else {
    std::string_view exponent = number.substr(e + 1);
    bool negative = exponent.front() == '-';
    if (exponent.front() == '-' || exponent.front() == '+') exponent.remove_prefix(1);
    exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size() - 1));
    if (exponent.size() > 6) exponent = "999999";
    out += mantissa;
    out += negative ? "e-" : "e";
    out += exponent;
  }
}

// `text` as the tree's parser takes it: each half surrogate pair is \ufffd, and exponents can be counted.
std::string tamed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    bool string = *at == '"';
    if (!string && *at != '-' && (*at < '0' || *at > '9')) {
      out += *at++;
      continue;
    }
    const char* close = scan::skip_value(at, end);
    std::string_view token(at, static_cast<std::size_t>(close - at));
    if (!string) {
      append_countable(out, token);
    } else if (!scan::has_escape(token)) {
      out += token;
    } else if (auto plain = json_string(token)) {
      append_json_string(out, *plain);
    }
    at = close;
  }
  return out;
}

// Takes the events of Boost's parser. Its own tree has many fractions off by the last bit: here they are read again, exactly.
struct TreeBuilder {
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();
  using Text = boost::json::string_view;
  using Code = boost::json::error_code;

  boost::json::value_stack stack;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t n, Code&) { return stack.push_object(n), true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t n, Code&) { return stack.push_array(n), true; }
  bool on_key_part(Text s, std::size_t, Code&) { return stack.push_chars(s), true; }
  bool on_key(Text s, std::size_t, Code&) { return stack.push_key(s), true; }
  bool on_string_part(Text s, std::size_t, Code&) { return stack.push_chars(s), true; }
  bool on_string(Text s, std::size_t, Code&) { return stack.push_string(s), true; }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t i, Text, Code&) { return stack.push_int64(i), true; }
  bool on_uint64(std::uint64_t u, Text, Code&) { return stack.push_uint64(u), true; }
  bool on_double(double d, Text s, Code&) {
    double exact = d;
    auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), exact);
    // Beyond a double Boost has it right: infinite, or zero.
    return stack.push_double(error == std::errc() && end == s.data() + s.size() ? exact : d), true;
  }
  bool on_bool(bool b, Code&) { return stack.push_bool(b), true; }
  bool on_null(Code&) { return stack.push_null(), true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

Result<boost::json::value> build(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kJsonDepth + 1;
  boost::json::basic_parser<TreeBuilder> parser(options);
  parser.handler().stack.reset();
  boost::json::error_code error;
  std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && scan::skip_space(text.data() + read, text.data() + text.size()) != text.data() + text.size())
    return mcp::Error(mcp::Code::invalid_argument, "broken JSON: more behind the value");
  if (error) return mcp::Error(mcp::Code::invalid_argument, "broken JSON: " + error.message());
  return parser.handler().stack.release();
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text) {
  if (Result<> r = validate_json(text); !r) return r.error();
  if (Result<> r = unique_keys(text); !r) return r.error();
  auto tree = build(text);
  return tree ? std::move(tree) : build(tamed(text));
}

}  // namespace base
