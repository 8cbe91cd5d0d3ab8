#include "servers/vault/vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>

#include "servers/testing/temp_folder.h"
#include "servers/vault/vault_tools.h"

namespace servers {
namespace {

using servers::testing::TempFolder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

// A vault, and what it said about changes.
class Fixture {
 public:
  explicit Fixture(const TempFolder& folder, VaultOptions::Watching watching = VaultOptions::Watching::events) {
    VaultOptions options;
    options.root.path = folder.path();
    options.watching = watching;
    options.look_every = 20ms;
    options.on_change = [this](const VaultChange& change) {
      std::lock_guard lock(mutex_);
      for (const auto& path : change.added) heard_.insert("+" + path);
      for (const auto& path : change.updated) heard_.insert("*" + path);
      for (const auto& path : change.removed) heard_.insert("-" + path);
      changed_.notify_all();
    };
    vault = *Vault::open(std::move(options));
    tools.emplace(*vault);
    EXPECT_TRUE(vault->ready().ok());
  }
  // Waits until the vault has said this; the answer is how long it took, or nothing after ten seconds.
  std::optional<std::chrono::milliseconds> hears(const std::string& what) {
    auto begin = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 10s, [&] { return heard_.contains(what); })) return std::nullopt;
    heard_.erase(what);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  }
  std::vector<std::string> found(const std::string& query) {
    std::vector<std::string> paths;
    auto hits = vault->search(query, {}, 20);
    EXPECT_TRUE(hits.ok()) << query;
    if (hits)
      for (auto& hit : *hits) paths.push_back(hit.path);
    return paths;
  }
  Resolution resolved(const std::string& link, const std::string& from = "") { return vault->resolve(parse_link(link), from)->resolution; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> heard_;

 public:
  std::unique_ptr<Vault> vault;  // after what its thread uses
  std::optional<VaultTools> tools;
};

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() {
    folder_.file(
        "Gateway Design.md",
        "---\ntags: [design, mcp/gateway]\naliases: [The Gate]\nstatus: Draft\n---\n# Purpose\nWhy a gateway.\n\n## Limits\nNone.\n");
    folder_.file("journal/2024-05-01.md", "# Day\nTalked about the gateway with [[gateway design|them]].\nAlso [[Missing Note]].\n#log\n");
    folder_.file("journal/Gateway.md", "Short. See [the design](../Gateway%20Design.md) and [[Gateway Design#Limits]].\n");
    folder_.file("archive/Gateway.md", "Old gateway words, with crème brûlée.\n");
    folder_.file("archive/deep/Only Here.md", "[[Gateway]] ![[pic.png]] [[The Gate]]\n");
    folder_.file("img/pic.png", "not really");
    folder_.file(".obsidian/workspace.md", "hidden gateway");
  }
  TempFolder folder_;
};

TEST_F(VaultTest, SearchRanksNamesBeforeTexts) {
  Fixture f(folder_);
  auto hits = f.vault->search("gateway design", {}, 10);
  ASSERT_TRUE(hits.ok());
  ASSERT_FALSE(hits->empty());
  EXPECT_EQ(hits->front().path, "Gateway Design.md");
  EXPECT_EQ(hits->front().title, "Gateway Design");
  EXPECT_GT(hits->front().score, 0);
  EXPECT_THAT(hits->front().excerpt, HasSubstr("Why a gateway."));
  EXPECT_THAT(f.found("creme brulee"), ElementsAre("archive/Gateway.md"));
  EXPECT_THAT(f.found("\"old gateway\""), ElementsAre("archive/Gateway.md"));
  EXPECT_THAT(f.found("gateway -words"), Not(Contains("archive/Gateway.md")));
  EXPECT_THAT(f.found("hidden"), IsEmpty());
  for (const char* odd : {"a\" OR b", "NEAR(x y)", "title:x", "x AND", "(", "^x", "*x", "a\xFF\xFE", "{a b} : c", "- x"}) {
    auto any = f.vault->search(odd, {}, 5);
    EXPECT_TRUE(any.ok() || any.error().code == Code::invalid_argument) << odd;
  }
  NoteFilter in_journal{.folder = "Journal/"};
  EXPECT_EQ(f.vault->search("gateway", in_journal, 10)->size(), 2u);
  NoteFilter tagged{.tag = "#mcp"};
  EXPECT_EQ(f.vault->search("gateway", tagged, 10)->size(), 1u);
}

TEST_F(VaultTest, LinksResolveAsInObsidian) {
  Fixture f(folder_);
  EXPECT_EQ(f.resolved("[[GATEWAY design]]").path, "Gateway Design.md");
  EXPECT_EQ(f.resolved("Gateway Design.md").path, "Gateway Design.md");
  // Among several: first the neighbours, then the shortest path.
  EXPECT_EQ(f.resolved("[[Gateway]]").path, "archive/Gateway.md");
  EXPECT_EQ(f.resolved("[[Gateway]]", "journal/2024-05-01.md").path, "journal/Gateway.md");
  EXPECT_THAT(f.resolved("[[Gateway]]").others, ElementsAre("journal/Gateway.md"));
  EXPECT_EQ(f.resolved("[[journal/gateway]]").path, "journal/Gateway.md");
  EXPECT_EQ(f.resolved("[[deep/Only Here]]").path, "archive/deep/Only Here.md");
  EXPECT_EQ(f.resolved("[[../Gateway]]", "archive/deep/Only Here.md").path, "archive/Gateway.md");
  EXPECT_EQ(f.resolved("[[pic.png]]").path, "img/pic.png");
  EXPECT_EQ(f.resolved("[[/Gateway]]").how, Resolution::How::nothing);
  auto alias = f.resolved("[[the gate]]");
  EXPECT_EQ(alias.how, Resolution::How::alias);
  EXPECT_EQ(alias.path, "Gateway Design.md");

  auto tool = f.tools->resolve_link({.link = "[[The Gate#Limits]]", .from = {}});
  ASSERT_TRUE(tool.ok());
  EXPECT_TRUE(tool->exists);
  EXPECT_EQ(tool->match, "alias");
  EXPECT_EQ(tool->write_as, "[[Gateway Design#Limits|The Gate]]");
  EXPECT_EQ(tool->heading_exists, true);
  auto missing = f.tools->resolve_link({.link = "[[Gatewy Desing]]", .from = {}});
  EXPECT_FALSE(missing->exists);
  ASSERT_FALSE(missing->candidates.empty());
  EXPECT_EQ(missing->candidates.front().path, "Gateway Design.md");
  EXPECT_EQ(f.tools->resolve_link({.link = "[[Gateway Design#Nope]]", .from = {}})->heading_exists, false);
}

TEST_F(VaultTest, BacklinksComeFromEveryKindOfLink) {
  Fixture f(folder_);
  auto links = f.vault->backlinks("Gateway Design", 100);
  ASSERT_TRUE(links.ok());
  std::vector<std::string> from;
  for (auto& link : *links) from.push_back(link.path + ":" + std::to_string(link.line) + " " + link.link);
  EXPECT_THAT(from,
              ElementsAre("archive/deep/Only Here.md:1 [[The Gate]]", "journal/2024-05-01.md:2 [[gateway design|them]]",
                          "journal/Gateway.md:1 [the design](../Gateway Design.md)", "journal/Gateway.md:1 [[Gateway Design#Limits]]"));
  EXPECT_EQ(f.vault->backlinks("archive/Gateway.md", 100)->size(), 1u);
  EXPECT_THAT(*f.vault->backlinks("journal/Gateway.md", 100), IsEmpty());
  EXPECT_THAT(f.vault->backlinks("Gatway Design", 9).error().leaving(), HasSubstr("near it: Gateway Design.md"));
}

TEST_F(VaultTest, NeighboursAreFoundBothWaysAndNoneTwice) {
  folder_.file("ring/one.md", "[[two]] [[Nowhere#x]] [[nowhere]] ![[pic.png]] [[one]] [[#here]]\n");
  folder_.file("ring/two.md", "[[three]] [[one|back]]\n");
  folder_.file("ring/three.md", "[[one]]\n");
  folder_.file("ring/far.md", "[[three]]\n");
  folder_.file("ring/farther.md", "[[far]]\n");
  Fixture f(folder_);
  auto near = [&](int steps, int limit) {
    std::vector<std::string> out;
    auto found = f.tools->neighbours({.path = "ONE", .steps = steps, .limit = limit});
    EXPECT_TRUE(found.ok());
    EXPECT_THAT(found->missing, ElementsAre("[[Nowhere#x]]"));
    for (auto& one : found->notes) out.push_back(std::to_string(one.steps) + " " + one.path + " " + one.link + " " + one.via);
    if (found->more) out.push_back("more");
    return out;
  };
  EXPECT_THAT(near(1, 9), ElementsAre("1 ring/two.md both ring/one.md", "1 ring/three.md from ring/one.md"));
  EXPECT_THAT(near(2, 9),
              ElementsAre("1 ring/two.md both ring/one.md", "1 ring/three.md from ring/one.md", "2 ring/far.md from ring/three.md"));
  EXPECT_THAT(near(3, 9), Contains("3 ring/farther.md from ring/far.md"));
  EXPECT_THAT(near(3, 1), ElementsAre("1 ring/two.md both ring/one.md", "more"));
  EXPECT_EQ(f.vault->neighbours("Nothing at all", 1, 9).error().code, Code::not_found);
}

TEST_F(VaultTest, NotesAreReadByPathNameAndHeading) {
  Fixture f(folder_);
  EXPECT_THAT(*f.tools->read({.path = "Gateway Design.md", .heading = {}}), HasSubstr("# Purpose"));
  EXPECT_EQ(*f.tools->read({.path = "gateway design", .heading = "limits"}), "## Limits\nNone.\n");
  EXPECT_THAT(f.tools->read({.path = "Gateway Design.md", .heading = "Nope"}).error().leaving(), HasSubstr("it has: Purpose, Limits"));
  EXPECT_EQ(f.tools->read({.path = "../outside.md", .heading = {}}).error().code, Code::denied);
  EXPECT_EQ(f.tools->read({.path = ".obsidian/workspace.md", .heading = {}}).error().code, Code::denied);
  EXPECT_EQ(f.tools->read({.path = "Nothing", .heading = {}}).error().code, Code::not_found);
}

TEST_F(VaultTest, ListsFilterAndPage) {
  Fixture f(folder_);
  auto all = f.tools->list({.folder = {}, .tag = {}, .where = {}, .limit = 2, .cursor = {}, .since = {}, .until = {}});
  ASSERT_EQ(all->notes.size(), 2u);
  ASSERT_TRUE(all->next_cursor);
  std::size_t count = 2;
  for (auto cursor = all->next_cursor; cursor; count += all->notes.size()) {
    all = f.tools->list({.folder = {}, .tag = {}, .where = {}, .limit = 2, .cursor = cursor, .since = {}, .until = {}});
    cursor = all->next_cursor;
  }
  EXPECT_EQ(count, 5u);
  EXPECT_EQ(
      f.tools->list({.folder = {}, .tag = {}, .where = "status=draft", .limit = 9, .cursor = {}, .since = {}, .until = {}})->notes.size(),
      1u);
  EXPECT_EQ(f.tools->list({.folder = {}, .tag = {}, .where = "status", .limit = 9, .cursor = {}, .since = {}, .until = {}})->notes.size(),
            1u);
  EXPECT_EQ(f.tools->list({.folder = {}, .tag = "mcp", .where = "status=final", .limit = 9, .cursor = {}, .since = {}, .until = {}})
                ->notes.size(),
            0u);
  EXPECT_EQ(f.tools->list({.folder = "archive", .tag = {}, .where = {}, .limit = 9, .cursor = {}, .since = {}, .until = {}})->notes.size(),
            2u);
}

TEST_F(VaultTest, NotesAreFoundByDateAndFrontMatter) {
  folder_.file("trip.md", "---\ndate: 2023-12-31T10:00\nmood: [calm, bright]\n---\ngateway in winter\n");
  folder_.file("2024-06-30 Party.md", "gateway in summer\n");
  Fixture f(folder_);
  auto search = [&](std::optional<std::string> where, std::optional<std::string> since, std::optional<std::string> until) {
    std::vector<std::string> out;
    auto hits = f.tools->search({.query = "gateway",
                                 .limit = 20,
                                 .folder = {},
                                 .tag = {},
                                 .where = std::move(where),
                                 .since = std::move(since),
                                 .until = std::move(until)});
    if (!hits) return std::vector<std::string>{std::string(hits.error().leaving())};
    for (auto& hit : *hits) out.push_back(hit.date + " " + hit.path);
    std::sort(out.begin(), out.end());
    return out;
  };
  EXPECT_THAT(search({}, {}, "2024-06"),
              ElementsAre("2023-12-31 trip.md", "2024-05-01 journal/2024-05-01.md", "2024-06-30 2024-06-30 Party.md"));
  EXPECT_THAT(search({}, "2024", "2024-06-29"), ElementsAre("2024-05-01 journal/2024-05-01.md"));
  EXPECT_THAT(search({}, "2023-12-31", "2023"), ElementsAre("2023-12-31 trip.md"));
  EXPECT_THAT(search("mood=Bright", {}, {}), ElementsAre("2023-12-31 trip.md"));
  EXPECT_THAT(search("mood=dull", {}, {}), IsEmpty());
  EXPECT_THAT(search({}, "last week", {}), ElementsAre(HasSubstr("argument 'since' must be a day, a month or a year")));
  EXPECT_THAT(search("=x", {}, {}), ElementsAre(HasSubstr("argument 'where'")));
  auto listed = f.tools->list({.folder = {}, .tag = {}, .where = {}, .limit = 9, .cursor = {}, .since = "2024-05", .until = "2024-05"});
  ASSERT_EQ(listed->notes.size(), 1u);
  EXPECT_EQ(listed->notes.front().path, "journal/2024-05-01.md");
}

TEST_F(VaultTest, AWordOfVeryManyNotesIsFoundInNamesFirst) {
  for (int i = 0; i < 3200; ++i) folder_.file("many/n" + std::to_string(i) + ".md", "common words\n");
  folder_.file("zz/Common.md", "Nothing else.\n");
  Fixture f(folder_);
  auto hits = f.vault->search("common", {}, 3);
  ASSERT_TRUE(hits.ok());
  ASSERT_EQ(hits->size(), 3u);
  EXPECT_EQ(hits->front().path, "zz/Common.md");
  EXPECT_GE(hits->front().score, hits->back().score);
  EXPECT_THAT(f.found("common -nothing"), Not(Contains("zz/Common.md")));
}

TEST_F(VaultTest, DraftsAreChecked) {
  Fixture f(folder_);
  auto checked = f.tools->check_links(
      {.text = "# Own\n[[Gateway Design]] [[Gatewai Design]] [[#Own]] [[#Other]]\n[[The Gate]] [[Gateway Design#No]]\n", .from = {}});
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->links, 6);
  ASSERT_EQ(checked->broken.size(), 4u);
  EXPECT_EQ(checked->broken[0].link, "[[Gatewai Design]]");
  EXPECT_EQ(checked->broken[0].candidates.front().path, "Gateway Design.md");
  EXPECT_EQ(checked->broken[1].problem, "the text has no such heading");
  EXPECT_THAT(checked->broken[2].problem, HasSubstr("alias"));
  EXPECT_EQ(checked->broken[3].line, 3);
}

// The same with the kernel's events and by looking, which is what happens when the kernel lost count.
class Fresh : public ::testing::TestWithParam<VaultOptions::Watching> {
 protected:
  TempFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Both, Fresh, ::testing::Values(VaultOptions::Watching::events, VaultOptions::Watching::looking),
                         [](const auto& one) { return one.param == VaultOptions::Watching::events ? "Events" : "Looking"; });

TEST_P(Fresh, ChangesAreSeen) {
  folder_.file("a.md", "first words");
  Fixture f(folder_, GetParam());
  EXPECT_THAT(f.found("first"), ElementsAre("a.md"));

  folder_.file_at_once("a.md", "second thoughts");
  ASSERT_TRUE(f.hears("*a.md"));
  EXPECT_THAT(f.found("first"), IsEmpty());
  EXPECT_THAT(f.found("second"), ElementsAre("a.md"));

  folder_.file_at_once("new/deep/b.md", "arrived [[a]]");
  ASSERT_TRUE(f.hears("+new/deep/b.md"));
  EXPECT_EQ(f.vault->backlinks("a", 9)->size(), 1u);
  folder_.file_at_once("new/deep/c.md", "in a folder that was new");
  ASSERT_TRUE(f.hears("+new/deep/c.md"));

  std::filesystem::rename(folder_ / "new", folder_ / "moved");
  ASSERT_TRUE(f.hears("-new/deep/b.md"));
  ASSERT_TRUE(f.hears("+moved/deep/b.md"));
  folder_.file_at_once("moved/deep/b.md", "changed after the move");
  ASSERT_TRUE(f.hears("*moved/deep/b.md"));
  EXPECT_THAT(f.found("after the move"), Contains("moved/deep/b.md"));

  std::filesystem::rename(folder_ / "a.md", folder_ / "renamed.md");
  ASSERT_TRUE(f.hears("-a.md"));
  ASSERT_TRUE(f.hears("+renamed.md"));
  EXPECT_EQ(f.resolved("[[a]]").how, Resolution::How::nothing);

  std::filesystem::remove_all(folder_ / "moved");
  ASSERT_TRUE(f.hears("-moved/deep/b.md"));
  EXPECT_THAT(f.found("arrived"), IsEmpty());

  // Out of the vault, and into it.
  TempFolder elsewhere;
  elsewhere.file("box/d.md", "delivered");
  std::filesystem::rename(elsewhere / "box", folder_ / "box");
  ASSERT_TRUE(f.hears("+box/d.md"));
  std::filesystem::rename(folder_ / "box", elsewhere / "box");
  ASSERT_TRUE(f.hears("-box/d.md"));
  elsewhere.file("box/d.md", "no more of our business");
  folder_.file_at_once("last.md", "x");
  ASSERT_TRUE(f.hears("+last.md"));
  EXPECT_EQ(f.vault->list({}, 10, "")->notes.size(), 2u);
}

TEST_P(Fresh, AReplacedFileIsSeen) {
  folder_.file("a.md", "old");
  Fixture f(folder_, GetParam());
  // As editors save: a new file takes the name.
  folder_.file_at_once(".a.md.tmp", "new");
  std::filesystem::rename(folder_ / ".a.md.tmp", folder_ / "a.md");
  ASSERT_TRUE(f.hears("*a.md"));
  EXPECT_THAT(f.found("new"), ElementsAre("a.md"));
}

TEST_F(VaultTest, AChangeIsSeenSoon) {
  Fixture f(folder_);
  std::vector<std::chrono::milliseconds> times;
  for (int i = 0; i < 5; ++i) {
    folder_.file("journal/now.md", "round " + std::to_string(i));
    auto took = f.hears(i == 0 ? "+journal/now.md" : "*journal/now.md");
    ASSERT_TRUE(took);
    times.push_back(*took);
  }
  std::sort(times.begin(), times.end());
  EXPECT_LE(times[2], 300ms);
}

TEST_F(VaultTest, ManyNotesAtOnceAreAllSeen) {
  Fixture f(folder_);
  for (int i = 0; i < 500; ++i) folder_.file("many/n" + std::to_string(i) + ".md", "number " + std::to_string(i));
  ASSERT_TRUE(f.hears("+many/n499.md"));
  std::filesystem::remove_all(folder_ / "many");
  ASSERT_TRUE(f.hears("-many/n0.md"));
  ASSERT_TRUE(f.hears("-many/n499.md"));
}

TEST_F(VaultTest, LinkedNotesStayInsideAndBrokenBytesAreSurvived) {
  TempFolder outside;
  outside.file("secret.md", "very secret");
  folder_.link(outside / "secret.md", "stolen.md");
  folder_.link("Gateway Design.md", "twin.md");
  folder_.file("bytes.md", "caf\xE9 bytes\n\xFF\xFE");
  Fixture f(folder_);
  EXPECT_THAT(f.found("secret"), IsEmpty());
  EXPECT_EQ(f.tools->read({.path = "stolen.md", .heading = {}}).error().code, Code::denied);
  EXPECT_THAT(f.found("purpose"), Contains("twin.md"));
  EXPECT_THAT(f.found("bytes"), ElementsAre("bytes.md"));
}

TEST(FolderWatch, AnOverflowMeansEverything) {
  auto watch = *FolderWatch::open();
  inotify_event event{.wd = -1, .mask = IN_Q_OVERFLOW, .cookie = 0, .len = 0};
  std::string bytes(sizeof event, '\0');
  std::memcpy(bytes.data(), &event, sizeof event);
  Changes changes;
  watch.collect(bytes, changes);
  EXPECT_TRUE(changes.everything);
  // Half a record, and one of a folder that nobody watches, say nothing.
  Changes none;
  watch.collect(bytes.substr(0, 5), none);
  event.mask = IN_CREATE;
  std::memcpy(bytes.data(), &event, sizeof event);
  watch.collect(bytes, none);
  EXPECT_TRUE(none.empty());
}

TEST(Vault, StopsInTheMiddleOfTheFirstLook) {
  TempFolder folder;
  for (int i = 0; i < 300; ++i) folder.file("n" + std::to_string(i) + ".md", "x");
  for (int i = 0; i < 5; ++i) {
    VaultOptions options;
    options.root.path = folder.path();
    auto vault = Vault::open(std::move(options));
    ASSERT_TRUE(vault.ok());
  }
}

}  // namespace
}  // namespace servers
