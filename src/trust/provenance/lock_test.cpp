#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/provenance/dependency_lock.h"
#include "trust/provenance/osv.h"
#include "trust/provenance/version_order.h"

namespace trust {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kNpmLock = R"({
  "name": "x", "lockfileVersion": 3,
  "packages": {
    "": { "name": "x", "dependencies": { "winch": "1.0.0" } },
    "node_modules/winch": { "version": "1.0.0", "resolved": "https://registry.npmjs.org/winch/-/winch-1.0.0.tgz", "integrity": "sha512-aa==", "hasInstallScript": true },
    "node_modules/winch/node_modules/@harbor/rope": { "version": "2.1.0", "integrity": "sha512-bb==", "resolved": "git+ssh://git@example.com/rope.git#abc" },
    "node_modules/local": { "resolved": "packages/local", "link": true },
    "packages/local": { "version": "0.0.1" }
  }
})";

constexpr std::string_view kUvLock = R"(version = 1
requires-python = ">=3.11"

[[package]]
name = "moss-gauge"
version = "0.4.0rc1"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "meadow" },
]
sdist = { url = "https://files.example/x.tar.gz", hash = "sha256:11", size = 3 }
wheels = [
    { url = "https://files.example/[x].whl", hash = "sha256:22", size = 3 },
]

[package.optional-dependencies]
name = "not this"

[[package]]
name = "meadow"
version = "1.0"
source = { git = "https://example.com/meadow#abc" }

[[package]]
name = "the-project"
version = "0.1.0"
source = { virtual = "." }
)";

TEST(DependencyLock, ReadsNpm) {
  auto read = parse_lock(kNpmLock);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[0].name, "winch");
  EXPECT_TRUE((*read)[0].install_script);
  EXPECT_EQ((*read)[0].source, "");
  EXPECT_EQ((*read)[1].name, "@harbor/rope");
  EXPECT_THAT((*read)[1].source, HasSubstr("git+ssh"));
  EXPECT_THAT((*read)[2].source, HasSubstr("folder"));
}

TEST(DependencyLock, ReadsUv) {
  auto read = parse_lock(kUvLock);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].name, "moss-gauge");
  EXPECT_EQ((*read)[0].version, "0.4.0rc1");
  EXPECT_EQ((*read)[0].integrity, "sha256:11 sha256:22");
  EXPECT_EQ((*read)[0].source, "");
  EXPECT_THAT((*read)[1].source, HasSubstr("git"));
}

TEST(DependencyLock, RefusesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> kBad[] = {
      {"", "empty"},
      {"{", ""},
      {R"({"lockfileVersion":1,"dependencies":{}})", "lockfileVersion 1"},
      {R"({"lockfileVersion":9,"packages":{}})", "lockfileVersion 9"},
      {R"({"lockfileVersion":3})", "without packages"},
      {R"({"lockfileVersion":3,"packages":{"node_modules/a":{}}})", "no version"},
      {R"({"lockfileVersion":3,"packages":{"node_modules/a":{"version":1}}})", "not text"},
      {"version = 2\n", "version 2"},
      {"version = 1\n[[package]]\nname = \"a\"\n", "without name and version"},
      {"version = 1\nx = [\n", "line 2"},
      {"version = 1\nx = \"\n", "line 2"},
      {"version = 1\nwhat\n", "line 2"},
  };
  for (const auto& [text, why] : kBad) {
    auto read = parse_lock(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(read.error().message, HasSubstr(why)) << text;
  }
}

TEST(VersionOrder, FollowsSemanticVersioning) {
  const char* kSorted[] = {
      "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0", "1.0.1",       "1.9.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i < std::size(kSorted); ++i)
    for (std::size_t j = 0; j < std::size(kSorted); ++j)
      EXPECT_EQ(compare_versions(Ecosystem::npm, kSorted[i], kSorted[j]) < 0, i < j) << kSorted[i] << " " << kSorted[j];
  EXPECT_TRUE(compare_versions(Ecosystem::npm, "1.0.0+a", "v1.0.0+b") == 0);
}

TEST(VersionOrder, FollowsPep440) {
  const char* kSorted[] = {"1.0.dev1",  "1.0a1.dev1", "1.0a1",     "1.0a2",    "1.0b1", "1.0rc1", "1.0", "1.0+abc.5",
                           "1.0+abc.7", "1.0+5",      "1.0.post1", "1.1.dev1", "1.1",   "1.10",   "2",   "1!0.1"};
  for (std::size_t i = 0; i < std::size(kSorted); ++i)
    for (std::size_t j = 0; j < std::size(kSorted); ++j)
      EXPECT_EQ(compare_versions(Ecosystem::pypi, kSorted[i], kSorted[j]) < 0, i < j) << kSorted[i] << " " << kSorted[j];
  for (const auto& [a, b] :
       {std::pair{"1.0", "1.0.0"}, {"1.0a1", "1.0-alpha.1"}, {"1.0c1", "1.0rc1"}, {"1.0-1", "1.0.post1"}, {"v1.0", "1.0"}})
    EXPECT_TRUE(compare_versions(Ecosystem::pypi, a, b) == 0) << a << " " << b;
}

LockedDependency package(Ecosystem ecosystem, std::string name, std::string version) {
  LockedDependency out;
  out.ecosystem = ecosystem;
  out.name = std::move(name);
  out.version = std::move(version);
  return out;
}

TEST(VulnerabilityList, FindsVersionsInRanges) {
  VulnerabilityList list;
  ASSERT_TRUE(list.add(R"({"id":"GHSA-1","summary":"s","aliases":["CVE-2026-1"],"affected":[{"package":{"ecosystem":"npm","name":"winch"},
      "ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.2.0"},{"introduced":"2.0.0"},{"fixed":"2.0.3"}]}]}]})")
                  .ok());
  const auto ids = [&](const char* version) { return list.find(package(Ecosystem::npm, "winch", version)).size(); };
  EXPECT_EQ(ids("0.9.0"), 0U);
  EXPECT_EQ(ids("1.0.0"), 1U);
  EXPECT_EQ(ids("1.1.9"), 1U);
  EXPECT_EQ(ids("1.2.0"), 0U);
  EXPECT_EQ(ids("1.2.0-rc.1"), 1U);
  EXPECT_EQ(ids("2.0.2"), 1U);
  EXPECT_EQ(ids("3.0.0"), 0U);
  EXPECT_EQ(list.find(package(Ecosystem::npm, "winch", "2.0.0"))[0].fixed, "2.0.3");
  EXPECT_TRUE(list.find(package(Ecosystem::pypi, "winch", "1.0.0")).empty());
}

TEST(VulnerabilityList, KnowsListsLastOnesAndPackagesThatAreTheAttack) {
  VulnerabilityList list;
  ASSERT_TRUE(list.add(R"({"id":"PYSEC-1","affected":[{"package":{"ecosystem":"PyPI","name":"Moss_Gauge"},"versions":["0.4.0rc1"],
      "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"last_affected":"0.3"}]}]}]})")
                  .ok());
  ASSERT_TRUE(list.add(R"({"id":"MAL-1","affected":[{"package":{"ecosystem":"npm","name":"winhc"}}]})").ok());
  ASSERT_TRUE(list.add(R"({"id":"OLD","withdrawn":"x","affected":[{"package":{"ecosystem":"npm","name":"winhc"}}]})").ok());
  ASSERT_TRUE(
      list.add(R"({"id":"NEW","affected":[{"package":{"ecosystem":"npm","name":"rope"},"ranges":[{"type":"STARS","events":[]}]}]})").ok());
  EXPECT_EQ(list.find(package(Ecosystem::pypi, "moss-gauge", "0.4.0rc1")).size(), 1U);
  EXPECT_EQ(list.find(package(Ecosystem::pypi, "moss-gauge", "0.3")).size(), 1U);
  EXPECT_EQ(list.find(package(Ecosystem::pypi, "moss-gauge", "0.3.1")).size(), 0U);
  const auto bad = list.find(package(Ecosystem::npm, "winhc", "9"));
  ASSERT_EQ(bad.size(), 1U);
  EXPECT_TRUE(bad[0].malicious);
  EXPECT_EQ(list.find(package(Ecosystem::npm, "rope", "1.0.0")).size(), 1U);
  for (const char* no : {"", "[]", "{}", R"({"id":1})"}) EXPECT_FALSE(list.add(no).ok()) << no;
}

}  // namespace
}  // namespace trust
