#include "trust/provenance/trusted_root.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <charconv>
#include <chrono>

#include "base/json.h"
#include "trust/provenance/bundle.h"

// The roots as they are, among the constants of the program.
asm(R"(
  .pushsection .rodata
  .globl gatehouse_sigstore_root
  .hidden gatehouse_sigstore_root
gatehouse_sigstore_root:
  .incbin ")" GATEHOUSE_SIGSTORE_ROOT R"("
  .byte 0
  .popsection
)");

extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the assembler's name for it.
extern const char gatehouse_sigstore_root[] __attribute__((visibility("hidden")));
}

namespace trust {
namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMost = 100;

const bj::value* find(const bj::value* from, std::string_view name) {
  const auto* object = from ? from->if_object() : nullptr;
  return object ? object->if_contains(bj::string_view(name.data(), name.size())) : nullptr;
}

std::string text(const bj::value* value) {
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

Result<Validity> read_validity(const bj::value* value) {
  Validity out;
  const std::string from = text(find(value, "start"));
  const std::string to = text(find(value, "end"));
  auto begin = parse_time(from);
  if (!begin) return Error(Code::invalid_argument, "validFor has no start");
  out.from = *begin;
  if (to.empty()) return out;
  auto end = parse_time(to);
  if (!end) return std::move(end).error().in("validFor");
  out.to = *end;
  return out;
}

Result<TrustedRoot::Authority> read_authority(const bj::value& value) {
  TrustedRoot::Authority out;
  const bj::value* chain = find(find(&value, "certChain"), "certificates");
  if (!chain || !chain->is_array() || chain->get_array().size() > kMost || chain->get_array().empty())
    return Error(Code::invalid_argument, "an authority without certificates");
  for (const bj::value& one : chain->get_array()) {
    auto der = parse_base64(text(find(&one, "rawBytes")));
    if (!der || der->empty()) return Error(Code::invalid_argument, "a certificate that is not base64");
    out.chain.push_back(*std::move(der));
  }
  auto valid = read_validity(find(&value, "validFor"));
  if (!valid) return std::move(valid).error();
  out.valid = *valid;
  return out;
}

Result<TrustedRoot::Log> read_log(const bj::value& value) {
  TrustedRoot::Log out;
  const bj::value* key = find(&value, "publicKey");
  auto der = parse_base64(text(find(key, "rawBytes")));
  auto id = parse_base64(text(find(find(&value, "logId"), "keyId")));
  if (!der || !id || der->empty() || id->size() != 32) return Error(Code::invalid_argument, "a log without key and id");
  out.key = *std::move(der);
  out.id = *std::move(id);
  auto valid = read_validity(find(key, "validFor"));
  if (!valid) return std::move(valid).error();
  out.valid = *valid;
  return out;
}

}  // namespace

Result<std::int64_t> parse_time(std::string_view text) {
  const Error no(Code::invalid_argument, "no time such as 2026-01-31T12:00:00Z");
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || !text.ends_with('Z'))
    return no;
  if (text.size() > 20 && (text[19] != '.' || text.substr(20, text.size() - 21).find_first_not_of("0123456789") != text.npos)) return no;
  const auto number = [&](std::size_t at, std::size_t size) {
    int out = -1;
    const char* end = text.data() + at + size;
    const auto read = std::from_chars(text.data() + at, end, out);
    return read.ec == std::errc() && read.ptr == end ? out : -1;
  };
  namespace chrono = std::chrono;
  const int month = number(5, 2);
  const int day = number(8, 2);
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (number(0, 4) < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return no;
  const chrono::year_month_day date{chrono::year(number(0, 4)), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return no;
  const auto days = chrono::sys_days(date).time_since_epoch();
  return std::int64_t{days.count()} * 86'400 + hour * 3'600 + minute * 60 + second;
}

Result<TrustedRoot> parse_trusted_root(std::string_view json) {
  auto value = base::parse_json(json);
  if (!value) return std::move(value).error();
  TrustedRoot out;
  const bj::value* authorities = find(&*value, "certificateAuthorities");
  const bj::value* logs = find(&*value, "tlogs");
  if (!authorities || !logs || !authorities->is_array() || !logs->is_array())
    return Error(Code::invalid_argument, "a trusted root has certificateAuthorities and tlogs");
  if (authorities->get_array().size() > kMost || logs->get_array().size() > kMost) return Error(Code::invalid_argument, "too many of them");
  for (const bj::value& one : authorities->get_array()) {
    auto read = read_authority(one);
    if (!read) return std::move(read).error().in("certificateAuthorities");
    out.authorities.push_back(*std::move(read));
  }
  for (const bj::value& one : logs->get_array()) {
    auto read = read_log(one);
    if (!read) return std::move(read).error().in("tlogs");
    out.logs.push_back(*std::move(read));
  }
  return out;
}

const TrustedRoot& TrustedRoot::shipped() {
  static const TrustedRoot kRoot = [] {
    auto root = parse_trusted_root(gatehouse_sigstore_root);
    return root ? *std::move(root) : TrustedRoot();
  }();
  return kRoot;
}

}  // namespace trust
