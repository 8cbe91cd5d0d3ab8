// A customer of the tea shop in examples/everything: client PROGRAM
#include <mcp/client.h>

#include <cstdio>

struct Opened {
  std::string basket_id;
};
struct ToAdd {
  std::string basket_id, tea;
  int grams;
};
struct Receipt {
  std::string name, packing;
  int grams;
};

// Called when the server asks its user something.
mcp::Task<mcp::ElicitAnswer> fill_in(mcp::Form form) {
  std::printf("%s asks: %s\n", form.server.name.c_str(), form.message.c_str());
  for (const mcp::FormField& field : form.fields) std::printf("- %s\n", field.name.c_str());
  co_return mcp::ElicitAnswer::accept().set("name", "Ada").set("gift", true);  // the rest gets the server's defaults
}

mcp::Task<void> buy(mcp::Client* client) {
  mcp::Json nothing = co_await mcp::Json::parse("{}");
  Opened basket = co_await client->call<Opened>("open_basket", nothing);
  ToAdd tea{basket.basket_id, "sencha", 100};
  (void)co_await client->call_tool("add_to_basket", mcp::to_json(tea));
  Receipt receipt = co_await client->call<Receipt>("buy", basket);  // the server asks on the way
  std::printf("%d g of tea for %s, in %s\n", receipt.grams, receipt.name.c_str(), receipt.packing.c_str());
}

mcp::Task<void> brew(mcp::Client* client) {
  mcp::RequestOptions options;
  options.deadline = std::chrono::seconds(10);
  options.on_progress = [](double done, std::optional<double> total, std::string_view) {
    std::printf("%g of %g\n", done, total.value_or(0));
  };
  mcp::Result<mcp::ToolResult> cup = co_await client->call_tool("brew", R"({"tea":"sencha","pace":1})", options).result();
  if (!cup) co_await mcp::fail(cup.error());  // or: say so and go on
  std::printf("%s\n", std::get<mcp::Text>(cup->content[0]).text.c_str());
}

mcp::Task<void> brew_as_a_task(mcp::Client* client) {
  mcp::RemoteTask task = co_await client->start_tool("brew", R"({"tea":"darjeeling","pace":1})");
  std::printf("%s\n", task.id.empty() ? "it was done at once" : "it is a task");  // keep task.id to ask for it later
  if (task.id.empty()) co_return;
  mcp::ToolResult cup = co_await client->follow_task(task.id);
  std::printf("%s\n", std::get<mcp::Text>(cup.content[0]).text.c_str());
}

mcp::Task<void> watch(mcp::Client* client) {
  mcp::ListenFilter wanted;
  wanted.resource_uris = {"tea://shelf"};
  auto on_change = [](const mcp::Change& change) { std::printf("changed: %s\n", change.uri.c_str()); };
  mcp::Subscription subscription = co_await client->listen(wanted, on_change);
  (void)co_await client->call_tool("deliver", R"({"tea":"rooibos","grams":5})");
  std::vector<mcp::ResourceContents> shelf = co_await client->read_resource("tea://shelf");
  std::printf("shelf: %s\n", shelf[0].text.c_str());
}

mcp::Task<void> visit_the_shop(std::string program) {
  std::vector<std::string> command = {program};
  mcp::ClientOptions options;
  options.name = "customer";
  options.on_elicit = fill_in;
  mcp::Client client = co_await mcp::Client::open_command(command, options);
  co_await buy(&client);
  co_await brew(&client);
  co_await watch(&client);
  co_await client.close();

  options.tasks = mcp::TaskFollowing{};
  mcp::Client patient = co_await mcp::Client::open_command(command, options);
  co_await brew_as_a_task(&patient);
  co_await patient.close();
}

int main(int argc, char** argv) {
  auto visited = mcp::block_on(visit_the_shop(argc > 1 ? argv[1] : "./everything"));
  if (!visited) std::fprintf(stderr, "%s\n", visited.error().message.c_str());
  return visited ? 0 : 1;
}
