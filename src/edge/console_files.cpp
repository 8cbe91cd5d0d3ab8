#include "edge/console_files.h"

#include "base/digest.h"

// The files as they were built, among the constants of the program.
asm(R"(
  .pushsection .rodata
  .hidden gatehouse_console_html, gatehouse_console_html_end, gatehouse_console_js, gatehouse_console_js_end
  .hidden gatehouse_console_css, gatehouse_console_css_end, gatehouse_console_icon, gatehouse_console_icon_end
  .globl gatehouse_console_html, gatehouse_console_html_end, gatehouse_console_js, gatehouse_console_js_end
  .globl gatehouse_console_css, gatehouse_console_css_end, gatehouse_console_icon, gatehouse_console_icon_end
gatehouse_console_html:
  .incbin ")" GATEHOUSE_CONSOLE R"(/index.html"
gatehouse_console_html_end:
gatehouse_console_js:
  .incbin ")" GATEHOUSE_CONSOLE R"(/app.js"
gatehouse_console_js_end:
gatehouse_console_css:
  .incbin ")" GATEHOUSE_CONSOLE R"(/app.css"
gatehouse_console_css_end:
gatehouse_console_icon:
  .incbin ")" GATEHOUSE_CONSOLE R"(/icon.svg"
gatehouse_console_icon_end:
  .byte 0
  .popsection
)");

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): the assembler's names for them.
extern const char gatehouse_console_html[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_html_end[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_js[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_js_end[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_css[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_css_end[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_icon[] __attribute__((visibility("hidden")));
extern const char gatehouse_console_icon_end[] __attribute__((visibility("hidden")));
// NOLINTEND(readability-identifier-naming)
}

namespace edge {
namespace {

ConsoleFile file(std::string_view type, const char* begin, const char* end) {
  const std::string_view bytes(begin, static_cast<std::size_t>(end - begin));
  return {type, bytes, "\"" + base::sha256_hex(bytes).substr(0, 32) + "\""};
}

}  // namespace

std::optional<ConsoleFile> find_console_file(std::string_view path) {
  static const ConsoleFile kPage = file("text/html; charset=utf-8", gatehouse_console_html, gatehouse_console_html_end);
  static const ConsoleFile kScript = file("text/javascript; charset=utf-8", gatehouse_console_js, gatehouse_console_js_end);
  static const ConsoleFile kStyle = file("text/css; charset=utf-8", gatehouse_console_css, gatehouse_console_css_end);
  static const ConsoleFile kIcon = file("image/svg+xml", gatehouse_console_icon, gatehouse_console_icon_end);
  if (path.empty() || path == "index.html" || path == "login") return kPage;
  if (path == "app.js") return kScript;
  if (path == "app.css") return kStyle;
  if (path == "icon.svg") return kIcon;
  return {};
}

}  // namespace edge
