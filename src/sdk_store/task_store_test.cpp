// What every task store must do. A new one is a line in kStores.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "mcp/server/tasks.h"
#include "store/catalog_store.h"
#include "store/postgres/testing.h"

namespace {

using mcp::Code;
using mcp::StoredTask;
using mcp::TaskStatus;
using mcp::TaskStore;
using std::chrono::milliseconds;

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-tasks-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

TaskStore::Time at(int millis) { return TaskStore::Time(milliseconds(1'800'000'000'000 + millis)); }

StoredTask task(const std::string& id, int created, const std::string& owner = "me") {
  StoredTask out;
  out.id = id;
  out.owner = owner;
  out.tool = "tool";
  out.arguments = R"({"a":"ü"})";
  out.client = R"({"info":{}})";
  out.message = "begun";
  out.created = out.updated = at(created);
  out.ttl = milliseconds(1000);
  out.poll = milliseconds(100);
  out.answers = "{}";
  out.state = std::string("s\0t", 3);
  return out;
}

struct Kind {
  const char* name;
  std::function<std::shared_ptr<TaskStore>(const Folder&)> open;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

const Kind kStores[] = {
    {"memory", [](const Folder&) { return mcp::memory_task_store(); }},
    {"sqlite",
     [](const Folder& folder) {
       auto opened = mcp::open_task_store(folder.file("tasks.db"));
       EXPECT_TRUE(opened.ok()) << opened.error().message;
       return *opened;
     }},
    {"postgres",
     [](const Folder&) -> std::shared_ptr<TaskStore> {
       auto schema = store::postgres::TestSchema::make();
       if (!schema) return nullptr;
       auto opened = store::open_store(schema->url());
       EXPECT_TRUE(opened.ok()) << opened.error().message;
       struct Kept {
         store::postgres::TestSchema schema;
         std::unique_ptr<store::Store> store;
       };
       auto kept = std::make_shared<Kept>(Kept{*std::move(schema), *std::move(opened)});
       TaskStore* tasks = &kept->store->tasks();
       return {std::move(kept), tasks};
     }},
};

class TaskStores : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (!store_) GTEST_SKIP() << "no PostgreSQL: run by script/postgres";
  }
  Folder folder_;
  std::shared_ptr<TaskStore> store_ = GetParam().open(folder_);
  mcp::TaskLimits limits_{5, 3};
};

INSTANTIATE_TEST_SUITE_P(Each, TaskStores, testing::ValuesIn(kStores), [](const auto& one) { return std::string(one.param.name); });

TEST_P(TaskStores, KeepsEachMember) {
  StoredTask in = task("t", 7);
  ASSERT_TRUE(store_->insert(in, limits_, at(0)).ok());
  in.status = TaskStatus::input_required;
  in.message = "waiting";
  in.updated = at(9);
  in.requests = R"({"q":{"key":"q"}})";
  in.answers = R"({"p":1})";
  in.state = "later";
  ASSERT_TRUE(store_->update(in).ok());
  auto found = store_->find("t");
  ASSERT_TRUE(found.ok() && *found);
  const StoredTask& out = **found;
  EXPECT_EQ(out.id, "t");
  EXPECT_EQ(out.owner, "me");
  EXPECT_EQ(out.tool, "tool");
  EXPECT_EQ(out.arguments, in.arguments);
  EXPECT_EQ(out.client, in.client);
  EXPECT_EQ(out.status, TaskStatus::input_required);
  EXPECT_EQ(out.message, "waiting");
  EXPECT_EQ(out.created, at(7));
  EXPECT_EQ(out.updated, at(9));
  EXPECT_EQ(out.ttl, milliseconds(1000));
  EXPECT_EQ(out.poll, milliseconds(100));
  EXPECT_EQ(out.requests, in.requests);
  EXPECT_EQ(out.answers, in.answers);
  EXPECT_EQ(out.state, "later");
  in.status = TaskStatus::completed;
  in.outcome = R"({"content":[]})";
  ASSERT_TRUE(store_->update(in).ok());
  EXPECT_EQ((*store_->find("t"))->outcome, in.outcome);
}

TEST_P(TaskStores, WhatHasEndedDoesNotChange) {
  StoredTask one = task("t", 0);
  ASSERT_TRUE(store_->insert(one, limits_, at(0)).ok());
  one.status = TaskStatus::cancelled;
  ASSERT_TRUE(store_->update(one).ok());
  one.status = TaskStatus::completed;
  auto again = store_->update(one);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::conflict);
  EXPECT_EQ((*store_->find("t"))->status, TaskStatus::cancelled);
  EXPECT_EQ(store_->update(task("other", 0)).error().code, Code::not_found);
  EXPECT_FALSE(*store_->find("other"));
}

TEST_P(TaskStores, IdsAreUniqueAndNumbersBounded) {
  ASSERT_TRUE(store_->insert(task("a", 0), limits_, at(0)).ok());
  EXPECT_EQ(store_->insert(task("a", 1), limits_, at(0)).error().code, Code::conflict);
  ASSERT_TRUE(store_->insert(task("b", 0), limits_, at(0)).ok());
  ASSERT_TRUE(store_->insert(task("c", 0), limits_, at(0)).ok());
  EXPECT_EQ(store_->insert(task("d", 0), limits_, at(0)).error().code, Code::rate_limited);
  ASSERT_TRUE(store_->insert(task("d", 0, "you"), limits_, at(0)).ok());
  ASSERT_TRUE(store_->insert(task("e", 0, ""), limits_, at(0)).ok());
  EXPECT_EQ(store_->insert(task("f", 0, "they"), limits_, at(0)).error().code, Code::rate_limited);
  // What has expired makes room.
  ASSERT_TRUE(store_->insert(task("f", 1500, "they"), limits_, at(1000)).ok());
  EXPECT_FALSE(*store_->find("a"));
}

TEST_P(TaskStores, ListsAnOwnersTasksInPages) {
  mcp::TaskLimits many{100, 100};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->insert(task("t" + std::to_string(i), i / 2), many, at(0)).ok());
  ASSERT_TRUE(store_->insert(task("x", 1, "you"), many, at(0)).ok());
  std::string seen;
  TaskStore::Place after;
  for (;;) {
    auto page = store_->list("me", after, 2);
    ASSERT_TRUE(page.ok());
    if (page->empty()) break;
    for (const auto& one : *page) seen += one.id + " ";
    after = {page->back().created, page->back().id};
  }
  EXPECT_EQ(seen, "t0 t1 t2 t3 t4 ");
  EXPECT_TRUE(store_->list("nobody", {}, 10)->empty());
}

TEST_P(TaskStores, ExpiresRemovesAndFindsWhatIsOpen) {
  mcp::TaskLimits many{100, 100};
  StoredTask ended = task("ended", 500);
  ASSERT_TRUE(store_->insert(ended, many, at(0)).ok());
  ended.status = TaskStatus::failed;
  ASSERT_TRUE(store_->update(ended).ok());
  ASSERT_TRUE(store_->insert(task("old", 0), many, at(0)).ok());
  ASSERT_TRUE(store_->insert(task("open", 500), many, at(0)).ok());
  ASSERT_TRUE(store_->expire(at(999)).ok());
  EXPECT_TRUE(*store_->find("old"));
  ASSERT_TRUE(store_->expire(at(1000)).ok());
  EXPECT_FALSE(*store_->find("old"));
  auto open = store_->open_tasks();
  ASSERT_TRUE(open.ok());
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ(open->front().id, "open");
  EXPECT_EQ(open->front().state, std::string("s\0t", 3));
  ASSERT_TRUE(store_->remove("open").ok());
  ASSERT_TRUE(store_->remove("open").ok());
  EXPECT_FALSE(*store_->find("open"));
  EXPECT_TRUE(*store_->find("ended"));
}

TEST(TaskFile, OutlivesItsStoreAndIsForOneProcessAndOneUser) {
  Folder folder;
  const std::string path = folder.file("tasks.db");
  {
    auto first = mcp::open_task_store(path);
    ASSERT_TRUE(first.ok());
    ASSERT_TRUE((*first)->insert(task("t", 0), {}, at(0)).ok());
    auto second = mcp::open_task_store(path);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_NE(second.error().message.find(path), std::string::npos);
  }
  auto again = mcp::open_task_store(path);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(*(*again)->find("t"));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(mcp::open_task_store("").error().code, Code::invalid_argument);
  EXPECT_EQ(mcp::open_task_store("/nowhere/at/all.db").error().code, Code::internal);
}

}  // namespace
