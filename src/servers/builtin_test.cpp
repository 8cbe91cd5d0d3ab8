#include "servers/builtin.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "mcp/client.h"
#include "servers/testing/temp_folder.h"

namespace servers {
namespace {

using servers::testing::TempFolder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string free_port() {
  int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(s, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  if (getsockname(s, reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
  close(s);
  return std::to_string(ntohs(address.sin_port));
}

// A built-in server over HTTP in a thread of its own, as `gatehouse server` runs it.
class Served {
 public:
  explicit Served(std::unique_ptr<Builtin> builtin) : builtin_(std::move(builtin)) {
    EXPECT_EQ(builtin_->server().problems(), "");
    address_ = "127.0.0.1:" + free_port();
    thread_ = std::thread([this] {
      std::string program = "test", flag = "--http";
      char* arguments[] = {program.data(), flag.data(), address_.data(), nullptr};
      status_ = mcp::run(builtin_->server(), 3, arguments);
    });
  }
  ~Served() {
    kill(getpid(), SIGTERM);
    thread_.join();
    EXPECT_EQ(status_, 0);
  }
  std::string url() const { return "http://" + address_ + "/mcp"; }

 private:
  std::unique_ptr<Builtin> builtin_;
  std::string address_;
  int status_ = -1;
  std::thread thread_;
};

// g++ 12 destroys a default argument that is a struct twice when it is made inside a co_await expression; here it is made outside.
mcp::Task<mcp::Client> open_http(std::string url) { return mcp::Client::open_http(std::move(url)); }
mcp::Task<mcp::ToolResult> call(mcp::Client& client, std::string name, std::string arguments) {
  return client.call_tool(std::move(name), std::move(arguments));
}
mcp::Task<std::vector<mcp::ResourceContents>> read(mcp::Client& client, std::string uri) { return client.read_resource(std::move(uri)); }

mcp::Task<mcp::Client> open_soon(std::string url) {
  for (int i = 0;; ++i) {
    auto client = co_await open_http(url).result();
    if (client || i == 200) co_return std::move(client);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

std::string text_of(const mcp::ToolResult& result) {
  std::string out = result.is_error ? "error: " : "";
  for (const mcp::Content& one : result.content)
    if (auto* text = std::get_if<mcp::Text>(&one)) out += text->text;
  return out;
}

mcp::Task<int> use_filesystem(std::string url, bool writes) {
  mcp::Client client = co_await open_soon(std::move(url));
  auto tools = co_await client.list_tools();
  std::vector<std::string> names;
  for (auto& tool : tools) {
    names.push_back(tool.name);
    // A definition is to cost less than 250 tokens.
    EXPECT_LT(tool.description.size() + tool.input_schema.size() + tool.annotations.size(), 1000u) << tool.name;
  }
  for (const char* name :
       {"read_file", "read_text_file", "read_media_file", "read_multiple_files", "list_directory", "list_directory_with_sizes",
        "directory_tree", "search_files", "search_content", "get_file_info", "list_allowed_directories"})
    EXPECT_THAT(names, Contains(name));
  for (const char* name : {"write_file", "append_file", "create_directory", "edit_file", "move_file"}) {
    if (writes)
      EXPECT_THAT(names, Contains(name));
    else
      EXPECT_THAT(names, Not(Contains(name)));
  }
  auto read = co_await call(client, "read_text_file", R"({"path":"a.txt","head":1})");
  EXPECT_EQ(text_of(read), "one\n");
  auto outside = co_await call(client, "read_text_file", R"({"path":"/etc/passwd"})");
  EXPECT_THAT(text_of(outside), HasSubstr("error: '/etc/passwd' is outside the allowed folders"));
  auto media = co_await call(client, "read_media_file", R"({"path":"pic.png"})");
  EXPECT_EQ(media.content.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<mcp::Image>(media.content.at(0)));
  auto tree = co_await call(client, "directory_tree", R"({"path":"."})");
  EXPECT_THAT(text_of(tree), HasSubstr("\"name\": \"a.txt\""));
  if (writes) {
    auto edit = co_await call(client, "edit_file", R"({"path":"a.txt","edits":[{"oldText":"one","newText":"1"}],"dryRun":true})");
    EXPECT_THAT(text_of(edit), HasSubstr("-one\n+1\n"));
  }
  co_await client.close();
  co_return 0;
}

TEST(Builtin, FilesystemServesWhatItsRootsPermit) {
  TempFolder area;
  area.file("a.txt", "one\ntwo\n");
  area.file("pic.png", "\x89PNG");
  for (RootMode mode : {RootMode::read, RootMode::write}) {
    BuiltinOptions options;
    options.roots = {{area.path(), mode}};
    auto made = make_builtin("filesystem", options);
    ASSERT_TRUE(made.ok());
    Served served(*std::move(made));
    auto done = mcp::block_on(use_filesystem(served.url(), mode == RootMode::write));
    EXPECT_TRUE(done.ok()) << done.error().message;
  }
}

mcp::Task<int> use_vault(std::string url) {
  mcp::Client client = co_await open_soon(std::move(url));
  auto found = co_await call(client, "search", R"({"query":"gateway"})");
  EXPECT_THAT(found.structured, HasSubstr(R"("path":"Gate & Way.md")"));
  auto link = co_await call(client, "resolve_link", R"({"link":"[[gate & way#Part]]"})");
  EXPECT_THAT(link.structured, HasSubstr(R"("exists":true)"));
  EXPECT_THAT(link.structured, HasSubstr(R"("heading_exists":true)"));
  auto resources = co_await client.list_resources();
  EXPECT_EQ(resources.size(), 1u);
  EXPECT_EQ(resources.at(0).uri, "vault:///Gate%20%26%20Way.md");
  auto contents = co_await read(client, resources.at(0).uri);
  EXPECT_EQ(contents.at(0).text, "# Part\nA gateway.\n");
  auto missing = co_await read(client, "vault:///../secret").result();
  EXPECT_FALSE(missing.ok());
  auto templates = co_await client.list_resource_templates();
  EXPECT_EQ(templates.at(0).uri_template, "vault:///{+path}");
  auto wrong = co_await call(client, "search", R"({"query":"x","limit":21})");
  EXPECT_THAT(text_of(wrong), HasSubstr("from 1 to 20"));
  co_await client.close();
  co_return 0;
}

TEST(Builtin, VaultServesToolsAndResources) {
  TempFolder area;
  area.file("Gate & Way.md", "# Part\nA gateway.\n");
  BuiltinOptions options;
  options.roots = {{area.path()}};
  auto made = make_builtin("vault", options);
  ASSERT_TRUE(made.ok());
  Served served(*std::move(made));
  auto done = mcp::block_on(use_vault(served.url()));
  EXPECT_TRUE(done.ok()) << done.error().message;
}

TEST(Builtin, UnknownNamesAndMissingSettingsAreAnswered) {
  EXPECT_THAT(builtin_names(), ElementsAre("filesystem", "vault", "github", "tavily", "tasks", "openapi"));
  EXPECT_THAT(make_builtin("filesytem", {}).error().message, HasSubstr("built are: filesystem, vault"));
  EXPECT_EQ(make_builtin("filesystem", {}).error().code, Code::invalid_argument);
  EXPECT_EQ(make_builtin("vault", {}).error().code, Code::invalid_argument);
  EXPECT_THAT(make_builtin("openapi", {}).error().message, HasSubstr("--spec FILE"));
  BuiltinOptions wrong;
  wrong.own = base::Secret<std::string>(R"({"token":"t0ken","tokn":1})");
  EXPECT_THAT(make_builtin("github", wrong).error().message, HasSubstr("tokn is no setting"));
  wrong.own = base::Secret<std::string>("t0ken");
  EXPECT_THAT(make_builtin("github", wrong).error().message, Not(HasSubstr("t0ken")));
}

}  // namespace
}  // namespace servers
