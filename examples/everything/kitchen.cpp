// The kitchen: work that takes a while and says how far it is, and content that is not text.
#include "shop.h"

namespace {

struct ToBrew {
  mcp::Arg<std::string, "Name of the tea"> tea;
  mcp::Arg<int, "How long a minute of brewing lasts here, in milliseconds", 0, 60000> pace = 20;
};
struct WhichTea {
  mcp::Arg<std::string, "Name of the tea"> tea;
};

// Also a task, for a client that would rather ask later.
mcp::Task<std::string> brew(Shelf* shelf, ToBrew in, mcp::Call call) {
  auto tea = shelf->find(*in.tea);
  if (tea == shelf->end()) co_return mcp::Error(mcp::Code::not_found, "there is no " + *in.tea);
  int minutes = tea->second.minutes;
  call.log(mcp::LogLevel::info, "the water boils", "kitchen");
  for (int minute = 1; minute <= minutes; ++minute) {
    co_await call.sleep(std::chrono::milliseconds(*in.pace));  // ends the call when it is cancelled
    call.progress(minute, minutes, std::to_string(minute) + " min");
    call.status("minute " + std::to_string(minute) + " of " + std::to_string(minutes));
  }
  co_return "A cup of " + *in.tea + " after " + std::to_string(minutes) + " minutes.";
}

// A short beep as a WAV file.
std::string beep() {
  static constexpr char kHead[] =
      "RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00"
      "data\x08\x00\x00\x00";
  return std::string(kHead, sizeof kHead - 1) + "\x80\xff\x80\x01\x80\xff\x80\x01";
}

std::string cup(const std::string& color) {
  return R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect x="1" y="2" width="6" height="6" fill=")" + color +
         R"("/></svg>)";
}

}  // namespace

void add_kitchen(mcp::Server& server, Shelf& shelf) {
  server.tool("brew", "Makes a cup of tea, minute by minute.", [&shelf](ToBrew in, mcp::Call call) { return brew(&shelf, in, call); },
              {.task = mcp::TaskSupport::optional});
  server.tool(
      "serve", "Shows a cup of tea: a picture, a sound, where to read about it, and its page.",
      [&shelf](WhichTea in) -> mcp::Result<mcp::ToolResult> {
        auto found = shelf.find(*in.tea);
        if (found == shelf.end()) return mcp::Error(mcp::Code::not_found, "there is no " + *in.tea);
        const Tea& tea = found->second;
        mcp::ToolResult result = mcp::ToolResult::text("Here it is.");
        result.content.push_back(mcp::Image{cup(tea.kind), "image/svg+xml"});
        result.content.push_back(mcp::Audio{beep(), "audio/wav"});
        result.content.push_back(mcp::ResourceLink{.uri = "tea://tea/" + *in.tea, .name = *in.tea, .mime_type = "text/plain"});
        result.content.push_back(mcp::EmbeddedResource{{.uri = "tea://notes/" + *in.tea, .mime_type = "text/plain", .text = tea.notes}});
        return result;
      });
}
