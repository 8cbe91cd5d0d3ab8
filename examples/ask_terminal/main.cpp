// A client whose user answers at the terminal: ask_terminal TOOL ARGUMENTS URL, or ask_terminal TOOL ARGUMENTS -- PROGRAM [ARGUMENT…]
#include <mcp/client.h>

#include <iostream>

// What a server wrote, without what could steer a terminal.
std::string shown(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return out;
}

// One line of the user; nothing when they went away.
std::optional<std::string> ask(const std::string& prompt) {
  std::cout << prompt << std::flush;
  std::string line;
  return std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
}

mcp::Task<mcp::ElicitAnswer> fill_in(mcp::Form form) {
  std::cout << shown(form.server.name) << " asks: " << shown(form.message) << "\n";
  mcp::ElicitAnswer answer = mcp::ElicitAnswer::accept();
  for (const mcp::FormField& field : form.fields) {
    std::string prompt = "  " + shown(field.title);
    for (const auto& option : field.options) prompt += (&option == &field.options[0] ? " (" : ", ") + shown(option.title);
    prompt += field.options.empty() ? "" : ")";
    prompt += field.initial.empty() ? (field.required ? " *: " : ": ") : " [" + shown(field.initial) + "]: ";
    for (;;) {
      auto line = ask(prompt);
      if (!line) co_return mcp::ElicitAnswer::cancel();
      if (line->empty() && !(field.required && field.initial.empty())) break;  // left out, or the server's default
      auto value = field.read(*line);
      if (value) {
        answer.set_json(field.name, *value);
        break;
      }
      std::cout << "  " << value.error().message << "\n";
    }
  }
  auto sure = ask("Send this? [y/n] ");
  co_return !sure ? mcp::ElicitAnswer::cancel() : *sure == "y" ? answer : mcp::ElicitAnswer::decline();
}

mcp::Task<mcp::ElicitAnswer> visit(mcp::Visit page) {
  std::cout << shown(page.server.name) << " asks: " << shown(page.message) << "\n  " << shown(page.url) << "\n";
  auto sure = ask("Do you want to visit this page of " + shown(page.host) + "? Open it yourself, then say y. [y/n] ");
  co_return !sure ? mcp::ElicitAnswer::cancel() : *sure == "y" ? mcp::ElicitAnswer::accept() : mcp::ElicitAnswer::decline();
}

mcp::Task<void> call(std::string tool, std::string arguments, std::vector<std::string> where) {
  mcp::ClientOptions options;
  options.on_elicit = fill_in;
  options.on_visit = visit;
  options.tasks = mcp::TaskFollowing{};
  mcp::Task<mcp::Client> opening =
      where[0] == "--" ? mcp::Client::open_command({where.begin() + 1, where.end()}, options) : mcp::Client::open_http(where[0], options);
  mcp::Client client = co_await std::move(opening);
  mcp::ToolResult result = co_await client.call_tool(tool, arguments);
  for (const auto& content : result.content)
    if (const auto* text = std::get_if<mcp::Text>(&content)) std::cout << shown(text->text) << "\n";
  co_await client.close();
  if (result.is_error) co_await mcp::fail(mcp::Code::upstream_failed, "the tool failed");
}

int main(int argc, char** argv) {
  std::vector<std::string> where(argv + std::min(argc, 3), argv + argc);
  if (where.empty() || (where[0] == "--" && where.size() == 1)) {
    std::cerr << "usage: ask_terminal TOOL ARGUMENTS URL, or ask_terminal TOOL ARGUMENTS -- PROGRAM [ARGUMENT...]\n";
    return 2;
  }
  auto called = mcp::block_on(call(argv[1], argv[2], where));
  if (!called) std::cerr << called.error().message << "\n";
  return called ? 0 : 1;
}
