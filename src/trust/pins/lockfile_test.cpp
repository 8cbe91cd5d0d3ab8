#include "trust/pins/lockfile.h"

#include <gtest/gtest.h>

namespace {

using mcp::Code;
using trust::Lock;
using trust::PinKind;
using trust::PinState;
using trust::read_lock;
using trust::write_lock;

Lock sample() {
  Lock lock;
  lock.config = "gatehouse.yaml";
  trust::LockedServer& server = lock.servers["files"];
  server.launch = std::string(64, 'a');
  server.package = {"npm", "@example/files", "1.2.3", "sha512-x==", "", std::string(64, 'c'), "node_modules/x/index.js", {}};
  server.package.resolved["node_modules/x"] = R"({"integrity":"sha512-x==","version":"1.2.3"})";
  server.package.resolved[""] = R"({"name":"x"})";
  server.package.dependencies = trust::dependencies_digest(server.package.resolved);
  server.pins.push_back({trust::pin_of_text(PinKind::instructions, "Be \u200bgood."), "", PinState::approved, ""});
  server.pins.push_back(
      {trust::pin_of(PinKind::tool, "read", R"({"name":"read","n":1.0,"description":"日本"})"), "", PinState::approved, ""});
  lock.servers["other"].launch = std::string(64, 'd');
  return lock;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Lockfile, IsReadAsItWasWrittenAndHidesNothing) {
  const std::string text = write_lock(sample());
  auto read = read_lock(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(write_lock(*read), text);
  EXPECT_EQ(read->servers.at("files").package, sample().servers.at("files").package);
  EXPECT_EQ(read->servers.at("files").pins.size(), 2u);
  EXPECT_NE(text.find("\\u200b"), std::string::npos) << text;
  EXPECT_EQ(text.find("\xe2\x80\x8b"), std::string::npos);
  EXPECT_TRUE(text.ends_with("}\n"));
}

TEST(Lockfile, TheOrderOfPinsDoesNotCount) {
  Lock lock = sample();
  std::swap(lock.servers["files"].pins[0], lock.servers["files"].pins[1]);
  EXPECT_EQ(write_lock(lock), write_lock(sample()));
}

TEST(Lockfile, EveryPrefixOfItIsRefused) {
  const std::string text = write_lock(sample());
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    auto read = read_lock(std::string_view(text).substr(0, size));
    ASSERT_FALSE(read.ok()) << size;
    EXPECT_NE(read.error().message.find("gatehouse pins lock"), std::string::npos) << read.error().message;
  }
}

TEST(Lockfile, EveryEditIsSeen) {
  const std::string text = write_lock(sample());
  for (const auto& [from, to] : {std::pair("1.2.3", "1.2.4"), std::pair("good", "evil"), std::pair("\"read\"", "\"write\""),
                                 std::pair("sha512-x", "sha512-y"), std::pair("aaaa", "aaab"), std::pair("\"files\"", "\"file\"")}) {
    auto read = read_lock(replaced(text, from, to));
    ASSERT_FALSE(read.ok()) << from;
    EXPECT_NE(read.error().message.find("edited"), std::string::npos) << read.error().message;
  }
  // Other white space is no edit.
  EXPECT_TRUE(read_lock(replaced(text, "\n  \"config\"", " \"config\"")).ok());
}

TEST(Lockfile, OneFromTheFutureIsLeftToWhoWroteIt) {
  auto read = read_lock(replaced(write_lock(sample()), "\"gatehouse_lock\": 1", "\"gatehouse_lock\": 2"));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::conflict);
  EXPECT_NE(read.error().message.find("newer gatehouse"), std::string::npos);
}

TEST(Lockfile, AMergeAndAnotherFileAreNamed) {
  EXPECT_NE(read_lock("{\n<<<<<<< HEAD\n").error().message.find("merge"), std::string::npos);
  EXPECT_NE(read_lock("{\"lockfileVersion\":3}").error().message.find("no gatehouse.lock"), std::string::npos);
}

}  // namespace
