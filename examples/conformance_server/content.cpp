#include <string_view>

#include "fixture.h"

using namespace std::string_view_literals;

std::string test_png() {
  return std::string(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9c"
      "c\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef\0\0\0\0IEND\xae"
      "B`\x82"sv);
}

std::string test_wav() {
  return std::string("RIFF,\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\x08\0\0\0\0\0\0\0\0\0\0\0"sv);
}

void add_content_tools(mcp::Server& server) {
  server.tool("test_simple_text", "Returns one text.", [] { return std::string("This is a simple text response for testing."); });
  server.tool("test_image_content", "Returns one image.", [] { return mcp::Image{test_png(), "image/png"}; });
  server.tool("test_audio_content", "Returns one sound.", [] { return mcp::Audio{test_wav(), "audio/wav"}; });
  server.tool("test_embedded_resource", "Returns a resource.", [] {
    return mcp::EmbeddedResource{
        {.uri = "test://embedded-resource", .mime_type = "text/plain", .text = "This is an embedded resource content."}};
  });
  server.tool("test_multiple_content_types", "Returns text, an image and a resource.", [] {
    return std::vector<mcp::Content>{
        mcp::Text{"Multiple content types test:"},
        mcp::Image{test_png(), "image/png"},
        mcp::EmbeddedResource{
            {.uri = "test://mixed-content-resource", .mime_type = "application/json", .text = R"({"test":"data","value":123})"}},
    };
  });
  server.tool("test_error_handling", "Fails on purpose.", []() -> mcp::Result<std::string> {
    return mcp::Error(mcp::Code::conflict, "This tool intentionally returns an error for testing");
  });
}
