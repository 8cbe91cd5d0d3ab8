#include "protocol/json_schema/uri.h"

#include <cctype>

namespace protocol::schema {
namespace {

// The parts of a reference without fragment (RFC 3986, appendix B).
struct Parts {
  std::string_view scheme, authority, path, query;
  bool has_authority = false, has_query = false;
};

Parts parts_of(std::string_view uri) {
  Parts p;
  std::size_t colon = uri.find_first_of(":/?");
  if (colon != std::string_view::npos && colon > 0 && uri[colon] == ':' && std::isalpha(static_cast<unsigned char>(uri[0]))) {
    p.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (std::size_t mark = uri.find('?'); mark != std::string_view::npos) {
    p.query = uri.substr(mark + 1);
    p.has_query = true;
    uri = uri.substr(0, mark);
  }
  if (uri.starts_with("//")) {
    std::size_t end = uri.find('/', 2);
    p.authority = uri.substr(2, end == std::string_view::npos ? std::string_view::npos : end - 2);
    p.has_authority = true;
    uri = end == std::string_view::npos ? std::string_view() : uri.substr(end);
  }
  p.path = uri;
  return p;
}

std::string without_dots(std::string_view path) {
  std::string out;
  bool rooted = path.starts_with('/');
  std::size_t at = rooted ? 1 : 0;
  if (rooted) out = "/";
  const std::size_t floor = out.size();
  for (;;) {
    std::size_t end = path.find('/', at);
    std::string_view segment = path.substr(at, end == std::string_view::npos ? std::string_view::npos : end - at);
    bool last = end == std::string_view::npos;
    if (segment == "..") {
      if (out.size() > floor) {
        out.pop_back();  // the slash behind the segment that goes
        std::size_t slash = out.rfind('/');
        out.resize(slash == std::string::npos ? 0 : slash + 1);
        if (out.size() < floor) out = "/";
      }
    } else if (segment != ".") {
      out += segment;
      if (!last) out += '/';
    }
    if (last) return out;
    at = end + 1;
  }
}

}  // namespace

SplitUri split_fragment(std::string_view uri) {
  std::size_t mark = uri.find('#');
  if (mark == std::string_view::npos) return {uri, {}};
  return {uri.substr(0, mark), uri.substr(mark + 1)};
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  base = split_fragment(base).document;
  reference = split_fragment(reference).document;
  if (reference.empty()) return std::string(base);
  Parts r = parts_of(reference);
  Parts b = parts_of(base);
  std::string path;
  std::string_view query = r.query;
  bool has_query = r.has_query;
  if (!r.scheme.empty() || r.has_authority) {
    path = without_dots(r.path);
  } else if (r.path.empty()) {
    path = b.path;
    if (!has_query) query = b.query, has_query = b.has_query;
  } else if (r.path.starts_with('/')) {
    path = without_dots(r.path);
  } else {
    std::size_t slash = b.path.rfind('/');
    std::string merged;
    if (b.has_authority && b.path.empty())
      merged = "/";
    else if (slash != std::string_view::npos)
      merged = b.path.substr(0, slash + 1);
    merged += r.path;
    path = without_dots(merged);
  }
  std::string_view scheme = r.scheme.empty() ? b.scheme : r.scheme;
  bool own_authority = !r.scheme.empty() || r.has_authority;
  std::string out;
  if (!scheme.empty()) out.append(scheme).append(":");
  if (own_authority ? r.has_authority : b.has_authority) out.append("//").append(own_authority ? r.authority : b.authority);
  out += path;
  if (has_query) out.append("?").append(query);
  return out;
}

std::string percent_decoded(std::string_view text) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace protocol::schema
