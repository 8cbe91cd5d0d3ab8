#include "trust/registry/mtf.h"

#include <gtest/gtest.h>

namespace trust {
namespace {

TEST(Mtf, ReadsTheLevel) {
  auto read = parse_mtf(R"({"name":"@harbor/winches","certification":{"level":2,"controls_passed":15,"controls_total":15}})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->level, 2);
  EXPECT_EQ(read->score, "15/15");
  read = parse_mtf(R"({"name":"@harbor/winches","certification_level":0})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->level, 0);
}

TEST(Mtf, WhatWasNeverScannedIsUnknown) {
  EXPECT_EQ(parse_mtf(R"({"name":"@harbor/winches","certification":null})").error().code, mcp::Code::not_found);
  EXPECT_EQ(parse_mtf(R"({"name":"@harbor/winches","certification":{"level":null}})").error().code, mcp::Code::not_found);
  for (const char* bad :
       {"", "[]", "{}", R"({"name":1})", R"({"name":"a","certification":{"level":9}})", R"({"name":"a","certification":{"level":-3}})"})
    EXPECT_EQ(parse_mtf(bad).error().code, mcp::Code::invalid_argument) << bad;
}

}  // namespace
}  // namespace trust
