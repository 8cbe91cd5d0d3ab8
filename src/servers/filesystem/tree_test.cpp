#include "servers/filesystem/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "servers/filesystem/beneath.h"
#include "servers/testing/temp_folder.h"

namespace servers {
namespace {

using servers::testing::TempFolder;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "the secret of the house";

// Each case runs with the kernel's resolution and with the walk.
class Escapes : public ::testing::TestWithParam<Resolver> {
 protected:
  Escapes() {
    area_.file("root/inside.txt", "inside");
    area_.file("root/sub/deep.txt", "deep");
    area_.file("secret.txt", kSecret);
    area_.file("root-evil/secret.txt", kSecret);
    area_.folder("outside");
    TreeLimits limits;
    limits.resolver = GetParam();
    auto tree = Tree::open({{area_ / "root", RootMode::write}}, limits);
    EXPECT_TRUE(tree.ok());
    tree_.emplace(*std::move(tree));
  }

  void expect_closed(const std::string& path) {
    auto read = tree_->read(path);
    EXPECT_FALSE(read.ok()) << path << " gave: " << (read.ok() ? *read : "");
    if (!read.ok()) {
      EXPECT_THAT(read.error().leaving(), Not(HasSubstr("secret of")));
    }
    EXPECT_FALSE(tree_->list(path).ok()) << path;
    EXPECT_FALSE(tree_->write(path, "overwritten").ok()) << path;
    EXPECT_FALSE(tree_->append(path, "overwritten").ok()) << path;
    EXPECT_EQ(area_.content("secret.txt"), kSecret);
    EXPECT_EQ(area_.content("root-evil/secret.txt"), kSecret);
  }

  TempFolder area_;
  std::optional<Tree> tree_;
};

INSTANTIATE_TEST_SUITE_P(Both, Escapes, ::testing::Values(Resolver::kernel, Resolver::walk),
                         [](const auto& one) { return one.param == Resolver::kernel ? "Kernel" : "Walk"; });

TEST_P(Escapes, DotsAndAbsolutePathsStayInside) {
  for (const std::string& path : {std::string("../secret.txt"), std::string("sub/../../secret.txt"), std::string("/etc/passwd"),
                                  area_ / "secret.txt", area_ / "root/../secret.txt", std::string("//etc/passwd"),
                                  std::string("sub/../../../etc/passwd"), area_ / "root/../../../../../../etc/passwd", std::string("..")})
    expect_closed(path);
  auto error = tree_->read("../secret.txt").error();
  EXPECT_EQ(error.code, Code::denied);
  EXPECT_THAT(error.leaving(), HasSubstr("'../secret.txt' is outside the allowed folders"));
  EXPECT_EQ(*tree_->read("sub/../inside.txt"), "inside");
  EXPECT_EQ(*tree_->read("./sub//deep.txt"), "deep");
  EXPECT_EQ(*tree_->read(area_ / "root/inside.txt"), "inside");
}

TEST_P(Escapes, APrefixLookAlikeIsAnotherFolder) {
  expect_closed(area_ / "root-evil/secret.txt");
  expect_closed(area_ / "root-evil");
  expect_closed(area_ / "roo");
}

TEST_P(Escapes, LinksThatLeaveAreRefused) {
  area_.link("../secret.txt", "root/file");
  area_.link(area_ / "secret.txt", "root/absolute");
  area_.link("..", "root/folder");
  area_.link("/", "root/top");
  area_.link("file", "root/chain1");
  area_.link("chain1", "root/chain2");
  area_.link("sub/../../secret.txt", "root/winding");
  area_.link(area_ / "root-evil", "root/evil");
  for (const char* path : {"file", "absolute", "folder/secret.txt", "top/etc/passwd", "chain2", "winding", "evil/secret.txt"})
    expect_closed(path);
  EXPECT_EQ(tree_->read("chain2").error().code, Code::denied);
  EXPECT_THAT(tree_->read("chain2").error().leaving(), HasSubstr("leads outside"));
  // A file that does not exist yet, behind a link that leaves.
  area_.link("../outside/new.txt", "root/dangling");
  area_.link("../outside", "root/out");
  EXPECT_FALSE(tree_->write("dangling", "x").ok());
  EXPECT_FALSE(tree_->write("out/new.txt", "x").ok());
  EXPECT_FALSE(tree_->make_folder("out/new").ok());
  EXPECT_FALSE(tree_->move("inside.txt", "out/moved.txt").ok());
  EXPECT_FALSE(tree_->move("folder/secret.txt", "stolen.txt").ok());
  EXPECT_TRUE(std::filesystem::is_empty(area_ / "outside"));
}

TEST_P(Escapes, LinksThatStayAreFollowed) {
  area_.link("inside.txt", "root/near");
  area_.link("../inside.txt", "root/sub/up");
  area_.link("sub", "root/folder");
  area_.link(area_ / "root/inside.txt", "root/absolute");
  area_.link(area_ / "root/sub", "root/sub/round");
  for (const char* path : {"near", "sub/up", "folder/up", "absolute", "sub/round/up"}) {
    auto text = tree_->read(path);
    ASSERT_TRUE(text.ok()) << path << ": " << text.error().message;
    EXPECT_EQ(*text, "inside");
  }
  // Writing through a link changes what it stands for, and the link stays a link.
  ASSERT_TRUE(tree_->write("near", "new").ok());
  EXPECT_EQ(area_.content("root/inside.txt"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(area_ / "root/near"));
  ASSERT_TRUE(tree_->write("absolute", "newer").ok());
  EXPECT_EQ(area_.content("root/inside.txt"), "newer");
}

TEST_P(Escapes, CirclesEnd) {
  area_.link("b", "root/a");
  area_.link("a", "root/b");
  area_.link(".", "root/self");
  expect_closed("a");
  expect_closed("a/x");
  EXPECT_EQ(*tree_->read("self/self/self/inside.txt"), "inside");
  std::size_t count = 0;
  ASSERT_TRUE(tree_
                  ->walk(".", Tree::With::names, {},
                         [&](const Visit&) {
                           ++count;
                           return Onward::enter;
                         })
                  .ok());
  EXPECT_EQ(count, 6u);  // inside.txt, sub, sub/deep.txt, a, b, self: links are not entered
}

TEST_P(Escapes, LinksThatAreNoPathsAreRefused) {
  auto whole = Tree::open({{"/proc", RootMode::read}}, TreeLimits{.resolver = GetParam()});
  ASSERT_TRUE(whole.ok());
  for (const char* path : {"self/root/etc/passwd", "self/cwd", "self/fd/0", "self/exe"}) {
    EXPECT_FALSE(whole->read(path).ok()) << path;
    EXPECT_FALSE(whole->list(path).ok()) << path;
  }
  area_.link("/proc/self/root/etc/passwd", "root/magic");
  expect_closed("magic");
}

TEST_P(Escapes, HardLinksAreRefusedUnlessAllowed) {
  std::filesystem::create_hard_link(area_ / "secret.txt", area_ / "root/hard");
  auto read = tree_->read("hard");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::denied);
  EXPECT_THAT(read.error().leaving(), HasSubstr("hard links"));
  EXPECT_FALSE(tree_->write("hard", "x").ok());
  EXPECT_FALSE(tree_->append("hard", "x").ok());
  auto open = Tree::open({{area_ / "root", RootMode::write}}, TreeLimits{.hard_links = HardLinks::allow, .resolver = GetParam()});
  EXPECT_EQ(*open->read("hard"), kSecret);
}

TEST_P(Escapes, PipesSocketsAndDevicesAreRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo((area_ / "root/pipe").c_str(), 0600), 0);
  int s = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::string name = area_ / "root/socket";
  ASSERT_LT(name.size(), sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  ASSERT_EQ(bind(s, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const char* path : {"pipe", "socket"}) {
    expect_closed(path);
    EXPECT_EQ(tree_->read(path).error().code, Code::denied) << path;
  }
  close(s);
  auto devices = Tree::open({{"/dev", RootMode::read}}, TreeLimits{.resolver = GetParam()});
  ASSERT_TRUE(devices.ok());
  EXPECT_EQ(devices->read("zero").error().code, Code::denied);
}

// Somebody else swaps a folder for a link to the outside, over and over, while files are read and written below it.
TEST_P(Escapes, ASwapOfAFolderForALinkNeverLeadsOutside) {
  area_.file("root/desk/file.txt", "inside");
  area_.file("outside/file.txt", kSecret);
  area_.link("../outside", "root/trap");
  std::atomic<bool> done = false;
  std::thread swapper([&] {
    std::string work = area_ / "root/desk", trap = area_ / "root/trap", spare = area_ / "root/spare";
    while (!done) {
      (void)std::rename(work.c_str(), spare.c_str());
      (void)std::rename(trap.c_str(), work.c_str());
      (void)std::rename(work.c_str(), trap.c_str());
      (void)std::rename(spare.c_str(), work.c_str());
    }
  });
  for (int i = 0; i < 3000; ++i) {
    auto text = tree_->read("desk/file.txt");
    EXPECT_FALSE(text.ok() && *text == kSecret);
    if (i % 100 == 0) (void)tree_->write("desk/new.txt", "mine");  // waits for the disk
    (void)tree_->make_folder("desk/made");
  }
  done = true;
  swapper.join();
  EXPECT_FALSE(area_.has("outside/new.txt"));
  EXPECT_FALSE(area_.has("outside/made"));
}

TEST(Tree, ModesAreKept) {
  TempFolder area;
  area.file("r/a.txt", "a");
  area.file("a/a.txt", "a");
  area.file("w/a.txt", "a");
  auto tree = Tree::open({{area / "r", RootMode::read}, {area / "a", RootMode::append}, {area / "w", RootMode::write}});
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(tree->mode(), RootMode::write);

  for (auto& result : {tree->write(area / "r/new.txt", "x"), tree->write(area / "r/a.txt", "x"), tree->append(area / "r/a.txt", "x"),
                       tree->move(area / "r/a.txt", area / "w/b.txt"), tree->move(area / "w/a.txt", area / "r/b.txt")}) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, Code::denied);
    EXPECT_THAT(result.error().leaving(), HasSubstr("mode read"));
  }
  EXPECT_FALSE(tree->make_folder(area / "r/new").ok());

  EXPECT_TRUE(tree->write(area / "a/new.txt", "x").ok());
  EXPECT_TRUE(tree->append(area / "a/a.txt", "b").ok());
  EXPECT_TRUE(*tree->make_folder(area / "a/new/er"));
  EXPECT_THAT(tree->write(area / "a/a.txt", "x").error().leaving(), HasSubstr("permits new files and additions"));
  EXPECT_FALSE(tree->move(area / "a/a.txt", area / "w/b.txt").ok());
  EXPECT_EQ(area.content("a/a.txt"), "ab");

  EXPECT_TRUE(tree->write(area / "w/a.txt", "x").ok());
  EXPECT_TRUE(tree->move(area / "w/a.txt", area / "w/b.txt").ok());
  EXPECT_EQ(tree->move(area / "w/missing.txt", area / "w/c.txt").error().code, Code::not_found);
}

TEST(Tree, ARootBelowAnotherKeepsItsMode) {
  TempFolder area;
  area.file("w/locked/a.txt", "a");
  area.link("locked", "w/alias");
  auto tree = Tree::open({{area / "w", RootMode::write}, {area / "w/locked", RootMode::read}});
  ASSERT_TRUE(tree.ok());
  EXPECT_FALSE(tree->write(area / "w/locked/a.txt", "x").ok());
  EXPECT_FALSE(tree->write("locked/a.txt", "x").ok());
  EXPECT_FALSE(tree->write("alias/a.txt", "x").ok());
  EXPECT_FALSE(tree->write("alias/b.txt", "x").ok());
  EXPECT_FALSE(tree->move("locked", "moved").ok());
  EXPECT_EQ(area.content("w/locked/a.txt"), "a");
  EXPECT_TRUE(tree->write("b.txt", "x").ok());
}

TEST(Tree, RootsAreChecked) {
  TempFolder area;
  area.file("file", "x");
  EXPECT_EQ(Tree::open({}).error().code, Code::invalid_argument);
  EXPECT_EQ(Tree::open({{area / "missing"}}).error().code, Code::invalid_argument);
  EXPECT_THAT(Tree::open({{area / "file"}}).error().message, HasSubstr("not a folder"));
  EXPECT_THAT(Tree::open({{area.path()}, {area.path() + "/."}}).error().message, HasSubstr("same folder"));
  area.link(".", "alias");
  auto linked = Tree::open({{area / "alias"}});
  EXPECT_EQ(*linked->read(area / "alias/file"), "x");
  EXPECT_EQ(*linked->read(area / "file"), "x");
}

TEST(Tree, WritingReplacesWholeFilesAndKeepsPermissions) {
  TempFolder area;
  area.file("a.txt", "old");
  chmod((area / "a.txt").c_str(), 0640);
  auto tree = Tree::open({{area.path(), RootMode::write}});
  // Who has the old file open reads the old content to its end.
  auto old = tree->open_file("a.txt");
  ASSERT_TRUE(tree->write("a.txt", std::string(100'000, 'n')).ok());
  char byte = 0;
  EXPECT_EQ(pread(old->first.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'o');
  EXPECT_EQ(tree->info("a.txt")->permissions, 0640u);
  EXPECT_EQ(tree->info("a.txt")->size, 100'000u);
  // Nothing is left behind, also when it fails.
  EXPECT_FALSE(tree->write("no/such/folder.txt", "x").ok());
  EXPECT_FALSE(tree->write("a.txt/x", "x").ok());
  EXPECT_EQ(tree->list(".")->size(), 1u);
}

TEST(Tree, ReadersNeverSeeAPart) {
  TempFolder area;
  auto tree = Tree::open({{area.path(), RootMode::write}});
  std::string a(50'000, 'a'), b(50'000, 'b');
  ASSERT_TRUE(tree->write("f", a).ok());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) (void)tree->write("f", i % 2 ? a : b);
    done = true;
  });
  while (!done) {
    auto text = tree->read("f");
    ASSERT_TRUE(text.ok());
    EXPECT_TRUE(*text == a || *text == b);
  }
  writer.join();
}

TEST(Tree, SizesAreLimited) {
  TempFolder area;
  area.file("big", std::string(2000, 'x'));
  area.file("lines", "one\ntwo\nthree\nfour\n");
  auto tree = Tree::open({{area.path(), RootMode::write}}, TreeLimits{.read = 1000, .result = 500});
  EXPECT_EQ(tree->read("big").error().code, Code::too_large);
  EXPECT_THAT(tree->read("big").error().leaving(), HasSubstr("head, tail or firstLine"));
  EXPECT_EQ(tree->head("big", 1).error().code, Code::too_large);
  EXPECT_EQ(tree->tail("big", 1).error().code, Code::too_large);
  EXPECT_EQ(tree->write("new", std::string(1001, 'x')).error().code, Code::too_large);
  EXPECT_EQ(tree->append("lines", std::string(999, 'x')).error().code, Code::too_large);
  EXPECT_EQ(*tree->head("lines", 2), "one\ntwo\n");
  EXPECT_EQ(*tree->tail("lines", 2), "three\nfour\n");
  EXPECT_EQ(*tree->tail("lines", 99), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(*tree->head("lines", 0), "");
}

TEST(Tree, LongFilesAreReadFromBothEnds) {
  TempFolder area;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  area.file("long", text);
  auto tree = Tree::open({{area.path()}});
  EXPECT_EQ(*tree->head("long", 2), "line 0\nline 1\n");
  EXPECT_EQ(*tree->tail("long", 2), "line 99998\nline 99999\n");
  EXPECT_EQ(tree->tail("long", 20'000)->size(), std::size_t{20'000} * 11);
  EXPECT_EQ(tree->head("long", 20'000)->find("line 19999\n"), tree->head("long", 20'000)->size() - 11);
}

TEST(Tree, OddNamesWork) {
  TempFolder area;
  auto tree = Tree::open({{area.path(), RootMode::write}});
  for (const std::string& name : {std::string("line\nbreak"), std::string("日本語.md"), std::string("e\xCC\x81.txt"), std::string("-rf *"),
                                  std::string("\xF0\x9F\x8F\xA0"), std::string("tab\there"), std::string("a\\b"), std::string(255, 'n')}) {
    ASSERT_TRUE(tree->write(name, name).ok()) << name;
    EXPECT_EQ(*tree->read(name), name);
  }
  EXPECT_EQ(tree->list(".")->size(), 8u);
  EXPECT_EQ(tree->write(std::string(256, 'n'), "x").error().code, Code::invalid_argument);
  EXPECT_EQ(tree->read(std::string("a\0b", 3)).error().code, Code::invalid_argument);
  EXPECT_EQ(tree->read("").error().code, Code::invalid_argument);
  EXPECT_EQ(tree->read(std::string(5000, 'a')).error().code, Code::invalid_argument);
  // A message stays one line.
  EXPECT_EQ(tree->read("no\nsuch").error().leaving().find('\n'), std::string::npos);
}

TEST(Tree, MovingIsCareful) {
  TempFolder area;
  area.file("a.txt", "a");
  area.file("b.txt", "b");
  area.file("d/c.txt", "c");
  area.link("a.txt", "link");
  auto tree = Tree::open({{area.path(), RootMode::write}});
  EXPECT_EQ(tree->move("a.txt", "b.txt").error().code, Code::conflict);
  EXPECT_EQ(tree->move("d", "d/inside").error().code, Code::invalid_argument);
  EXPECT_EQ(tree->move(".", "x").error().code, Code::denied);
  EXPECT_TRUE(tree->move("d", "e").ok());
  EXPECT_TRUE(tree->move("link", "moved").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(area / "moved"));
  EXPECT_EQ(area.content("e/c.txt"), "c");
  EXPECT_EQ(area.content("b.txt"), "b");
}

TEST(Tree, FoldersAreMadeOnce) {
  TempFolder area;
  area.file("file", "x");
  auto tree = Tree::open({{area.path(), RootMode::write}});
  EXPECT_TRUE(*tree->make_folder("a/b/c"));
  EXPECT_FALSE(*tree->make_folder("a/b/c"));
  EXPECT_FALSE(*tree->make_folder("."));
  EXPECT_EQ(tree->make_folder("file").error().code, Code::conflict);
  EXPECT_FALSE(tree->make_folder("file/x").ok());
}

TEST(Tree, WalksStopWhenAskedAndAtTheirLimits) {
  TempFolder area;
  for (int i = 0; i < 50; ++i) area.file("f" + std::to_string(i), "");
  auto tree = Tree::open({{area.path()}}, TreeLimits{.visited = 20});
  auto visit = [](const Visit&) { return Onward::enter; };
  EXPECT_EQ(tree->walk(".", Tree::With::names, {}, visit).error().code, Code::too_large);
  auto wide = Tree::open({{area.path()}});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(wide->walk(".", Tree::With::names, stop.get_token(), visit).error().code, Code::cancelled);
}

TEST(Paths, AreMadeNormal) {
  EXPECT_EQ(normal_path("a//b/./c/.."), "a/b");
  EXPECT_EQ(normal_path("/../a"), "/a");
  EXPECT_EQ(normal_path("../a"), "../a");
  EXPECT_EQ(normal_path("a/.."), ".");
  EXPECT_EQ(normal_path(""), ".");
  EXPECT_EQ(below("/a", "/ab"), std::nullopt);
  EXPECT_EQ(below("/a", "/a"), ".");
  EXPECT_EQ(below("/a", "/a/b/c"), "b/c");
  EXPECT_EQ(below("/", "/b"), "b");
}

}  // namespace
}  // namespace servers
