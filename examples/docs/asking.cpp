// A server that asks before it does something.
#include <mcp/server.h>

struct Trip {
  mcp::Arg<std::string, "Where to"> city;
};
struct Traveller {
  mcp::Arg<std::string, "Your name", 1, 80> name;
  mcp::Arg<mcp::Choice<"train", "boat">, "How to go there"> by = "train";
  mcp::Arg<int, "How many nights", 1, 30> nights = 2;
};
struct Sure {
  mcp::Arg<bool, "Really book it"> book;
};

// Runs from its start after each answer: what it has not been told yet, it asks.
mcp::Result<std::string> book(Trip in, mcp::Call call) {
  auto who = mcp::ask_form<Traveller>(call, "who", "Who travels to " + *in.city + "?");
  if (!who) return who.error();
  auto sure = mcp::ask_form<Sure>(call, "sure", *who->name + ", by " + std::string(who->by->text()) + ": shall I book it?");
  if (!sure) return sure.error();
  if (!*sure->book) return std::string("Nothing was booked.");
  return "Booked for " + *who->name + ": " + std::to_string(*who->nights) + " nights in " + *in.city + ".";
}

// The same as a coroutine: co_await gives the answer.
mcp::Task<std::string> pay(mcp::Call call) {
  if (!call.client_can("elicitation.url"))
    co_return mcp::Error(mcp::Code::conflict, "your client cannot open pages: pay at https://pay.example");
  co_await mcp::ask_visit(call, "pay", "Pay for the trip in your browser", "https://pay.example/trip/7");
  co_return std::string("Thank you.");
}

mcp::Task<std::string> describe(Trip in, mcp::Call call) {
  std::string text = co_await mcp::ask_model(call, "words", "Describe " + *in.city + " in one sentence.", 100);
  co_return text;
}

mcp::Result<std::vector<std::string>> folders(mcp::Call call) {
  auto all = mcp::ask_folders(call, "folders");
  if (!all) return all.error();
  std::vector<std::string> uris;
  for (const auto& folder : *all) uris.push_back(folder.uri);
  return uris;
}

int main(int argc, char** argv) {
  mcp::Server server{"asking", "1.0"};
  server.tool("book", "Books a trip.", book);
  server.tool("pay", "Pays for a trip.", pay);
  server.tool("describe", "Describes a city.", describe);
  server.tool("folders", "Lists the client's folders.", folders);
  return mcp::run(server, argc, argv);
}
