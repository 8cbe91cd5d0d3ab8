#include "base/log.h"

#include <gtest/gtest.h>

#include "base/secret.h"

namespace {

using base::log::Format;
using base::log::Level;

TEST(Log, JsonIsOneObjectPerLine) {
  EXPECT_EQ(base::log::line(Format::json, false, Level::warn, 1'700'000'000'042, "went \"wrong\"\n", {{"call", "c1"}, {"ms", 12}}),
            R"({"time":"2023-11-14T22:13:20.042Z","level":"warn","message":"went \"wrong\"\n","call":"c1","ms":12})");
}

TEST(Log, TextEscapesWhatWouldBreakTheLineOrTheTerminal) {
  EXPECT_EQ(base::log::line(Format::text, false, Level::info, 1'700'000'000'042, "a\x1b[31m\nb", {{"k", "x y\n"}, {"n", 3}}),
            "22:13:20.042 info  a [31m b k=\"x y\\n\" n=3");
}

TEST(Secret, IsNotPrinted) {
  base::Secret<std::string> key("hunter2");
  EXPECT_EQ(fmt::format("{}", key), "[secret]");
  EXPECT_EQ(key.reveal(), "hunter2");
}

}  // namespace
