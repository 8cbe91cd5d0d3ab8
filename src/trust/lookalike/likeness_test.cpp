#include "trust/lookalike/likeness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/lookalike/confusables.h"
#include "trust/lookalike/launched.h"

namespace trust {
namespace {

using Kind = Likeness::Kind;

KnownList list(std::string_view text) {
  auto read = KnownList::parse(text);
  EXPECT_TRUE(read.ok()) << (read ? "" : read.error().message);
  return read ? *std::move(read) : KnownList();
}

// Names made up for these tests.
const KnownList& made_up() {
  static const KnownList kList = list(
      "# a comment\n"
      "npm\t@harbor-crane/mcp-server-winches\tdocs\n"
      "npm\t@harbor-crane/mcp-server\n"
      "npm\tlantern-tide-mcp\n"
      "npm\tmcp-server-quarry\r\n"
      "{\"ecosystem\":\"pypi\",\"name\":\"mcp-server-meadow\",\"more\":[1]}\n"
      "pypi\tmoss_gauge_mcp\n"
      "oci\tdocker.io/mcp/gravel\n"
      "oci\tghcr.io/harbor-crane/winches-mcp\n"
      "mcp-registry\tio.github.harbor-crane/winches\n"
      "remote\thttps://mcp.harborcrane.dev/mcp\n");
  return kList;
}

Likeness judged(std::string_view ecosystem, std::string_view text, Itself itself = Itself::counts) {
  auto name = parse_package_name(*find_ecosystem(ecosystem), text);
  EXPECT_TRUE(name.ok()) << text;
  return name ? judge_name(*name, made_up(), itself) : Likeness();
}

struct Case {
  const char* ecosystem;
  const char* name;
  const char* nearest;
  const char* signal;
};

TEST(Likeness, FindsEachWayToImitateAName) {
  const Case kCases[] = {
      {"npm", "lantern-tid-mcp", "lantern-tide-mcp", "letters"},                   // left out
      {"npm", "lantern-tidee-mcp", "lantern-tide-mcp", "letters"},                 // struck twice
      {"npm", "lantenr-tide-mcp", "lantern-tide-mcp", "letters"},                  // swapped
      {"npm", "lantern-ride-mcp", "lantern-tide-mcp", "letters"},                  // the next key
      {"npm", "1antern-tide-mcp", "lantern-tide-mcp", "confusable"},               // looks alike
      {"npm", "lanterntidemcp", "lantern-tide-mcp", "separators"},                 //
      {"npm", "lantern_tide.mcp", "lantern-tide-mcp", "separators"},               //
      {"npm", "mcp-tide-lantern", "lantern-tide-mcp", "order"},                    //
      {"npm", "lantern-tide-mcp-official", "lantern-tide-mcp", "words"},           //
      {"npm", "real-lantern-tide", "lantern-tide-mcp", "words"},                   //
      {"npm", "lantern-tide-mcp-v2", "lantern-tide-mcp", "words"},                 //
      {"npm", "mcp-server-quarry2", "mcp-server-quarry", "letters"},               //
      {"npm", "mcp-server-quarries", "", ""},                                      // three letters: another word
      {"npm", "mcp-server-winches", "@harbor-crane/mcp-server-winches", "owner"},  // the owner left out
      {"npm", "harbor-crane-mcp-server-winches", "@harbor-crane/mcp-server-winches", "owner"},
      {"npm", "@harbor-crnae/mcp-server-winches", "@harbor-crane/mcp-server-winches", "scope"},
      {"npm", "@harb0r-crane/mcp-server-winches", "@harbor-crane/mcp-server-winches", "confusable"},
      {"npm", "@harbor-crane/mcp-sevrer", "@harbor-crane/mcp-server", "letters"},
      {"npm", "@harbor-crane/real-mcp-server", "@harbor-crane/mcp-server", "words"},
      {"npm", "@somebody-else/mcp-server-winches", "", ""},  // a fork says whose it is
      {"npm", "l\xd0\xb0ntern-tide-mcp", "lantern-tide-mcp", "confusable"},
      {"pypi", "mcp-server-maedow", "mcp-server-meadow", "letters"},
      {"pypi", "moss-guage-mcp", "moss_gauge_mcp", "letters"},
      {"oci", "mcp/grave1", "docker.io/mcp/gravel", "confusable"},
      {"oci", "ghcr.io/harbor-crain/winches-mcp:1.0", "ghcr.io/harbor-crane/winches-mcp", "scope"},
      {"mcp-registry", "io.github.harbor-crane/winch", "", ""},
      {"mcp-registry", "io.github.harbor-crame/winches", "io.github.harbor-crane/winches", "scope"},
      {"remote", "https://mcp.harborcrame.dev/mcp", "https://mcp.harborcrane.dev/mcp", "scope"},
      {"remote", "https://dev.harborcrane.dev/mcp", "", ""},  // the owner's own
  };
  for (const Case& one : kCases) {
    const Likeness likeness = judged(one.ecosystem, one.name);
    EXPECT_EQ(likeness.nearest, one.nearest) << one.name << ": " << likeness.reason;
    EXPECT_EQ(likeness.signal, one.signal) << one.name << ": " << likeness.reason;
    EXPECT_EQ(likeness.kind, *one.nearest ? Kind::review : Kind::clean) << one.name;
    EXPECT_FALSE(likeness.reason.empty());
  }
}

TEST(Likeness, KnowsANameInEverySpellingThatItsRegistryTakesForOne) {
  const std::pair<const char*, const char*> kSame[] = {
      {"npm", "lantern-tide-mcp"},
      {"npm", "lantern-tide-mcp@1.2.3"},
      {"npm", "@harbor-crane/mcp-server@latest"},
      {"pypi", "MCP_Server.Meadow"},
      {"pypi", "mcp-server-meadow==0.4"},
      {"pypi", "moss-gauge-mcp"},
      {"oci", "mcp/gravel:1.0"},
      {"docker", "docker.io/mcp/gravel"},
      {"oci", "mcp/gravel@sha256:0123"},
      {"remote", "https://mcp.harborcrane.dev/mcp/"},
  };
  for (const auto& [ecosystem, name] : kSame) EXPECT_EQ(judged(ecosystem, name).kind, Kind::known) << name;
  EXPECT_EQ(judged("npm", "Lantern-tide-mcp").kind, Kind::review);  // another package to npm
}

TEST(Likeness, LeavesANameOutOfItsOwnList) {
  EXPECT_EQ(judged("npm", "mcp-server-quarry", Itself::left_out).kind, Kind::clean);
  EXPECT_EQ(judged("npm", "lantern-tide-mcp", Itself::left_out).kind, Kind::clean);
}

TEST(Likeness, HoldsWhatIsNobodysNameInParticularForReview) {
  EXPECT_EQ(judged("npm", "mcp-server").signal, "generic");
  EXPECT_EQ(judged("pypi", "mcp-tools-2").signal, "generic");
  EXPECT_EQ(judged("pypi", "caf\xc3\xa9").signal, "confusable");
  EXPECT_EQ(judged("npm", "12306").kind, Kind::clean);
}

TEST(Likeness, DistanceIsThatOfWhatTellsNamesApart) {
  const KnownList two = list("npm\t@x/server-github\nnpm\tmcp-server-git\n");
  EXPECT_EQ(judge_name(*parse_package_name(Ecosystem::npm, "@x/server-gitlab"), two).kind, Kind::clean);
  EXPECT_EQ(judge_name(*parse_package_name(Ecosystem::npm, "mcp-server-gpt"), two).kind, Kind::clean);
  EXPECT_EQ(judge_name(*parse_package_name(Ecosystem::npm, "mcp-server-gti"), two).kind, Kind::review);
  EXPECT_EQ(judge_name(*parse_package_name(Ecosystem::npm, "mcp-sevrer-git"), two).kind, Kind::review);
}

TEST(Likeness, RefusesWhatIsNoName) {
  for (const char* bad : {"", " ", "a b", "@", "@/", "a\nb", "a\x1b[1m", "---"})
    EXPECT_FALSE(parse_package_name(Ecosystem::npm, bad).ok()) << bad;
  EXPECT_FALSE(parse_package_name(Ecosystem::npm, std::string(kLongestPackageName + 1, 'a')).ok());
  EXPECT_TRUE(parse_package_name(Ecosystem::npm, std::string(kLongestPackageName, 'a')).ok());
}

TEST(KnownList, SaysWhichLineIsWrong) {
  const std::pair<const char*, const char*> kBad[] = {{"npm\tgood\ncargo\tbad\n", "line 2"},
                                                      {"\n\nnpm\t\n", "line 3"},
                                                      {"{\"ecosystem\":\"npm\"}", "line 1"},
                                                      {"{not json}", "line 1"},
                                                      {"npm\tgood\n{\"ecosystem\":1,\"name\":\"a\"}", "line 2"}};
  for (const auto& [text, place] : kBad) {
    auto read = KnownList::parse(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(read.error().message, testing::HasSubstr(place));
  }
}

TEST(KnownList, TheShippedOneIsReadWhole) {
  const KnownList& shipped = KnownList::shipped();
  EXPECT_GT(shipped.size(), 1000U);
  for (Ecosystem one : {Ecosystem::npm, Ecosystem::pypi, Ecosystem::oci, Ecosystem::mcp_registry, Ecosystem::remote})
    for (const auto& entry : shipped.of(one)) {
      EXPECT_EQ(judge_name(entry.name, shipped).kind, Kind::known) << entry.name.written;
      EXPECT_FALSE(entry.sources.empty()) << entry.name.written;
    }
}

// The bar of the product: of the shipped names, each left out in its turn, fewer than 4 % seem to imitate another.
TEST(KnownList, FewOfTheShippedNamesSeemToImitateEachOther) {
  const KnownList& shipped = KnownList::shipped();
  std::size_t all = 0;
  std::size_t flagged = 0;
  for (Ecosystem one : {Ecosystem::npm, Ecosystem::pypi})
    for (const auto& entry : shipped.of(one)) {
      ++all;
      flagged += judge_name(entry.name, shipped, Itself::left_out).kind == Kind::review ? 1 : 0;
    }
  EXPECT_LT(static_cast<double>(flagged), 0.04 * static_cast<double>(all)) << flagged << " of " << all;
}

TEST(Slips, CountsSwapsAsOne) {
  EXPECT_EQ(slips("abcd", "abcd", 3), 0U);
  EXPECT_EQ(slips("abcd", "acbd", 3), 1U);
  EXPECT_EQ(slips("abcd", "abd", 3), 1U);
  EXPECT_EQ(slips("abcd", "axyd", 3), 2U);
  EXPECT_EQ(slips("abcd", "wxyz", 2), 3U);
  EXPECT_EQ(slips("", "abc", 5), 3U);
  EXPECT_TRUE(single_slip("gti", "git"));
  EXPECT_TRUE(single_slip("giit", "git"));
  EXPECT_TRUE(single_slip("gits", "git"));
  EXPECT_TRUE(single_slip("hit", "git"));
  EXPECT_FALSE(single_slip("gpt", "git"));
  EXPECT_FALSE(single_slip("git", "git"));
  EXPECT_FALSE(single_slip("", "g"));
  EXPECT_FALSE(single_slip("gi", "git"));
}

TEST(Slips, AlignsNamesAndMarksWhatDiffers) {
  Alignment one = align("mcp-server-gitt", "mcp-server-git");
  EXPECT_EQ(one.first.size(), 15U);
  EXPECT_EQ(one.marks.find('^'), one.marks.rfind('^'));
  one = align("fastmpc", "fastmcp");
  EXPECT_EQ(one.marks, "     ^^");
  one = align("m\xd0\xb0gic", "magic");
  EXPECT_EQ(one.marks, " ^");
  one = align("ma\xe2\x80\x8bgic", "magic");
  EXPECT_THAT(one.first, testing::HasSubstr("<U+200B>"));
  EXPECT_EQ(one.marks, "  ^^^^^^^^");
  EXPECT_EQ(align("same", "same").marks, "");
}

TEST(Confusables, OneSkeletonForWhatLooksAlike) {
  EXPECT_EQ(skeleton("rnodem"), skeleton("modem"));
  EXPECT_EQ(skeleton("G1TLAB"), skeleton("gitlab"));
  EXPECT_EQ(skeleton("\xef\xbd\x87it"), skeleton("git"));      // full width
  EXPECT_EQ(skeleton("\xf0\x9d\x90\xa0it"), skeleton("git"));  // mathematical bold
  EXPECT_EQ(skeleton("g\xc3\xad\xcc\x81t"), skeleton("git"));  // accents
  EXPECT_EQ(skeleton("g\xe2\x80\x8bit"), skeleton("git"));     // no width
  EXPECT_EQ(skeleton("\xff\xfe"), "\xff\xfe");                 // no UTF-8
  EXPECT_NE(skeleton("github"), skeleton("gitlab"));
  EXPECT_TRUE(beyond_ascii("\xd0\xb0"));
  EXPECT_FALSE(beyond_ascii("a-b_c.d/@e"));
}

TEST(LaunchedPackage, FindsWhatACommandFetches) {
  const auto found = [](std::vector<std::string> command) {
    auto package = find_package(command);
    return package ? std::string(ecosystem_name(package->ecosystem)) + ' ' + package->text : std::string();
  };
  EXPECT_EQ(found({"npx", "-y", "@a/b@1.0.0", "--flag"}), "npm @a/b@1.0.0");
  EXPECT_EQ(found({"/usr/bin/npx", "--package=a@1", "b"}), "npm a@1");
  EXPECT_EQ(found({"npx", "-p", "a", "b"}), "npm a");
  EXPECT_EQ(found({"npm", "exec", "-y", "--", "a"}), "npm a");
  EXPECT_EQ(found({"npm", "run", "a"}), "");
  EXPECT_EQ(found({"pnpm", "dlx", "a"}), "npm a");
  EXPECT_EQ(found({"uvx", "--python", "3.12", "mcp-server-git"}), "pypi mcp-server-git");
  EXPECT_EQ(found({"uvx", "--from", "a==1.0", "b"}), "pypi a==1.0");
  EXPECT_EQ(found({"uv", "tool", "run", "a"}), "pypi a");
  EXPECT_EQ(found({"uv", "run", "a"}), "");
  EXPECT_EQ(found({"docker", "run", "-i", "--rm", "-e", "TOKEN", "--network=none", "mcp/git:1", "serve"}), "oci mcp/git:1");
  EXPECT_EQ(found({"docker", "ps"}), "");
  EXPECT_EQ(found({"node", "server.js"}), "");
  EXPECT_EQ(found({"npx"}), "");
  EXPECT_EQ(found({}), "");
}

TEST(PackageName, ReadsVersions) {
  EXPECT_EQ(version_of(Ecosystem::npm, "@a/b@1.2.3"), "1.2.3");
  EXPECT_EQ(version_of(Ecosystem::npm, "@a/b"), "");
  EXPECT_EQ(version_of(Ecosystem::pypi, "a==1.2"), "1.2");
  EXPECT_EQ(version_of(Ecosystem::pypi, "a@1.2"), "1.2");
  EXPECT_EQ(version_of(Ecosystem::oci, "localhost:5000/a"), "");
  EXPECT_EQ(version_of(Ecosystem::oci, "ghcr.io/a/b:1.0"), "1.0");
}

}  // namespace
}  // namespace trust
