#include "net/http_codec.h"

#include <gtest/gtest.h>

#include <string>

namespace net {
namespace {

Refusal read(const std::string& head, RequestHead& out, HttpHeaders& headers) {
  HeadScanner scanner;
  std::size_t size = scanner.find(head);
  if (size == HeadScanner::kBad) return {400, "scanner"};
  if (size == HeadScanner::kMore) return {-1, "not whole"};
  return parse_request_head(std::string_view(head).substr(0, size), 100, out, headers);
}
int status_of(const std::string& head) {
  RequestHead out;
  HttpHeaders headers;
  return read(head, out, headers).status;
}

TEST(RequestHead, IsRead) {
  RequestHead out;
  HttpHeaders headers;
  std::string text = "POST /a/b?c=d HTTP/1.1\r\nHost: x:1\r\nX-A: \t one two \r\nx-a:\r\nContent-Length: 12\r\n\r\n";
  ASSERT_FALSE(read(text, out, headers));
  EXPECT_EQ(out.method, "POST");
  EXPECT_EQ(out.target, "/a/b?c=d");
  EXPECT_EQ(out.framing, Framing::length);
  EXPECT_EQ(out.length, 12u);
  EXPECT_TRUE(out.keep_alive);
  EXPECT_EQ(headers.find("x-A"), "one two");
  EXPECT_EQ(headers.count("X-a"), 2u);
  EXPECT_EQ(headers.find("y"), std::nullopt);
}

TEST(RequestHead, AControlCharacterIsSeenAtEachPlaceOfAValue) {
  for (std::size_t size = 1; size < 70; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (char c : {'\0', '\x01', '\x1f', '\x7f', '\t', '\x80', '\xff'}) {
        std::string value(size, 'v');
        value[place] = c;
        const bool fine = c == '\t' || (c & 0x80);
        EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nA: " + value + "\r\n\r\n"), fine ? 0 : 400)
            << size << " " << place << " " << int(c);
        std::string out;
        const HttpHeader line{"A", value};
        EXPECT_EQ(append_headers(out, {&line, 1}).ok(), fine);
      }
}

TEST(SameHeader, LooksAtLettersOnly) {
  EXPECT_TRUE(same_header("MCP-Protocol-Version", "mcp-protocol-version"));
  EXPECT_TRUE(same_header("", ""));
  EXPECT_FALSE(same_header("mcp-protocol-version", "mcp-protocol-versiom"));
  EXPECT_FALSE(same_header("mcp-protocol\rversion", "mcp-protocol-version"));
  EXPECT_FALSE(same_header("a@bcdefg", "a`bcdefg"));
  EXPECT_FALSE(same_header("abcdefg@x", "abcdefg`x"));
  EXPECT_FALSE(same_header("[", "{"));
}

TEST(RequestHead, KeepsTheConnectionAsTheVersionAndTheHeaderSay) {
  RequestHead out;
  HttpHeaders headers;
  ASSERT_FALSE(read("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", out, headers));
  EXPECT_FALSE(out.keep_alive);
  ASSERT_FALSE(read("GET / HTTP/1.0\r\n\r\n", out, headers));
  EXPECT_FALSE(out.keep_alive);
  ASSERT_FALSE(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", out, headers));
  EXPECT_TRUE(out.keep_alive);
}

TEST(RequestHead, WhateverTwoReadersCouldReadDifferentlyIsRefused) {
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::pair<const char*, std::string> vectors[] = {
      {"both lengths", start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"both lengths, other order", start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
      {"two lengths", start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"},
      {"the same length twice", start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"},
      {"a list of lengths", start + "Content-Length: 3, 3\r\n\r\n"},
      {"a sign", start + "Content-Length: +3\r\n\r\n"},
      {"minus", start + "Content-Length: -3\r\n\r\n"},
      {"two numbers", start + "Content-Length: 3 3\r\n\r\n"},
      {"hex", start + "Content-Length: 0x3\r\n\r\n"},
      {"no number", start + "Content-Length: \r\n\r\n"},
      {"overflow", start + "Content-Length: 99999999999999999999\r\n\r\n"},
      {"space before colon", start + "Content-Length : 3\r\n\r\n"},
      {"leading space", start + " Content-Length: 3\r\n\r\n"},
      {"leading space in the first header", "POST / HTTP/1.1\r\n Content-Length: 3\r\nHost: x\r\n\r\n"},
      {"folded", start + "X: a\r\n b\r\n\r\n"},
      {"folded with a tab", start + "X: a\r\n\tb\r\n\r\n"},
      {"carriage return alone", start + "X:\rTransfer-Encoding: chunked\r\n\r\n"},
      {"bare line feeds", "POST / HTTP/1.1\nHost: x\n\n"},
      {"one bare line feed", start + "X: a\nY: b\r\n\r\n"},
      {"chunked and another", start + "Transfer-Encoding: chunked, identity\r\n\r\n"},
      {"another and chunked", start + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {"almost chunked", start + "Transfer-Encoding: xchunked\r\n\r\n"},
      {"chunked twice", start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"chunked with a vertical tab", start + "Transfer-Encoding: \vchunked\r\n\r\n"},
      {"chunked in quotes", start + "Transfer-Encoding: \"chunked\"\r\n\r\n"},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"NUL in a value", start + "X: a" + std::string(1, '\0') + "b\r\n\r\n"},
      {"NUL in a name", start + "X" + std::string(1, '\0') + ": b\r\n\r\n"},
      {"DEL in a value", start + "X: a\x7f\r\n\r\n"},
      {"no Host", "POST / HTTP/1.1\r\nX: y\r\n\r\n"},
      {"two Hosts", start + "Host: y\r\n\r\n"},
      {"a Host with a slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"a Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
      {"two Hosts in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"no name", start + ": x\r\n\r\n"},
      {"no colon", start + "abc\r\n\r\n"},
      {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a tab instead", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a trailing space", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"},
      {"no version", "GET /\r\nHost: x\r\n\r\n"},
      {"a small version", "GET / http/1.1\r\nHost: x\r\n\r\n"},
      {"an absolute target", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a fragment", "GET /#a HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an authority", "CONNECT y:1 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a star for GET", "GET * HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a method with brackets", "GE(T / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"an 8-bit target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n"},
  };
  for (const auto& [what, text] : vectors) EXPECT_EQ(status_of(text), 400) << what;
}

TEST(RequestHead, OtherRefusals) {
  EXPECT_EQ(status_of("GET / HTTP/9.9\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n"), 417);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100; ++i) many += "a: b\r\n";
  EXPECT_EQ(status_of(many + "\r\n"), 431);
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
}

TEST(HeadScanner, FindsTheEndByteByByte) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", more = head + "body";
  HeadScanner scanner;
  for (std::size_t i = 0; i < head.size(); ++i) EXPECT_EQ(scanner.find(std::string_view(more).substr(0, i)), HeadScanner::kMore) << i;
  EXPECT_EQ(scanner.find(more), head.size());
}

TEST(ResponseHead, FramesTheBody) {
  ResponseHead out;
  HttpHeaders headers;
  auto parse = [&](std::string text, Bodiless bodiless = Bodiless::no) {
    return parse_response_head(text, 100, bodiless, out, headers).status;
  };
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), 0);
  EXPECT_EQ(out.framing, Framing::length);
  EXPECT_TRUE(out.keep_alive);
  EXPECT_EQ(parse("HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n"), 0);
  EXPECT_EQ(out.framing, Framing::chunked);
  EXPECT_EQ(parse("HTTP/1.1 200 \r\n\r\n"), 0);
  EXPECT_EQ(out.framing, Framing::until_close);
  EXPECT_FALSE(out.keep_alive);
  EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\n\r\n"), 0);
  EXPECT_EQ(out.framing, Framing::none);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Bodiless::yes), 0);
  EXPECT_EQ(out.framing, Framing::none);
  for (const char* bad : {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n",
                          "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"}) {
    EXPECT_NE(parse(bad), 0) << bad;
  }
}

// The body of `text`, or "!" for a refusal, "?" for an unfinished one; cut into pieces of `step` bytes.
std::string dechunk(std::string_view text, std::size_t step) {
  ChunkDecoder decoder;
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += step) {
    std::string_view in = text.substr(at, step);
    for (;;) {
      auto next = decoder.next(in);
      in.remove_prefix(next.consumed);
      if (next.status == ChunkDecoder::Status::bad) return "!";
      if (next.status == ChunkDecoder::Status::end) return out;
      if (next.status == ChunkDecoder::Status::more) break;
      out += next.data;
    }
  }
  return "?";
}

TEST(ChunkDecoder, ReadsWhateverWayItIsCut) {
  std::string text = "5\r\nhello\r\n1;a=\"b\"\r\n,\r\nA\r\n 123456789\r\n0\r\nX-T: y\r\n\r\nnext";
  for (std::size_t step = 1; step < text.size(); ++step) EXPECT_EQ(dechunk(text, step), "hello, 123456789") << step;
}

TEST(ChunkDecoder, RefusesBadFraming) {
  for (std::string_view bad :
       {"0x3\r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n",
        "10000000000000003\r\nabc\r\n", "3;a\nb\r\nabc\r\n0\r\n\r\n", "3\r\nabcXX0\r\n\r\n", "3\nabc\n0\n\n", "\r\nabc\r\n",
        "3\r\nabc\n0\r\n\r\n", "3\rabc\r\n", "0\r\n\n", "0\r\nX: y\n\r\n", "0\r\n X: y\r\n\r\n", "-1\r\n", "g\r\n", "3\r\nabc\r\r\n"}) {
    for (std::size_t step : {std::size_t{1}, bad.size()}) EXPECT_EQ(dechunk(bad, step), "!") << bad;
  }
}

TEST(AppendHeaders, RefusesLineBreaks) {
  std::string out;
  HttpHeader good[] = {{"A", "b"}};
  HttpHeader split[] = {{"A", "b\r\nC: d"}};
  EXPECT_TRUE(append_headers(out, good).ok());
  EXPECT_EQ(out, "A: b\r\n");
  EXPECT_FALSE(append_headers(out, split).ok());
}

TEST(HttpDate, HasTheFormOfTheStandard) {
  auto date = http_date();
  EXPECT_EQ(date.size(), 29u) << date;
  EXPECT_TRUE(date.ends_with(" GMT"));
}

}  // namespace
}  // namespace net
