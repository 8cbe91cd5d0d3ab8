#include "base/log.h"

#include <fmt/chrono.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "base/json.h"

namespace base::log {
namespace {

struct State {
  Format format = Format::text;
  Level level = Level::info;
  bool colour = false;
  std::shared_ptr<spdlog::logger> sink;
};

State& state() {
  static State s;
  return s;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
    case Level::off: break;
  }
  return "off";
}

std::string_view colour_of(Level level) {
  switch (level) {
    case Level::debug: return "\x1b[2m";
    case Level::warn: return "\x1b[33m";
    case Level::error: return "\x1b[31m";
    default: return "\x1b[36m";
  }
}

// Text as it may stand in a line of the terminal: bare when plain, else quoted.
void append_plain(std::string& out, std::string_view text) {
  bool plain = !text.empty();
  for (unsigned char c : text) plain = plain && c > 0x20 && c != 0x7f && c != '"' && c != '=';
  if (plain)
    out += text;
  else
    append_json_string(out, text);
}

std::string utc(std::int64_t epoch_millis) {
  std::time_t seconds = static_cast<std::time_t>(epoch_millis / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", parts, epoch_millis % 1000);
}

}  // namespace

void open(Format format, Level level) {
  State& s = state();
  bool terminal = isatty(STDERR_FILENO) == 1;
  s.format = format == Format::automatic ? (terminal ? Format::text : Format::json) : format;
  s.colour = s.format == Format::text && terminal && !std::getenv("NO_COLOR");
  s.level = level;
  s.sink = std::make_shared<spdlog::logger>("gatehouse", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  s.sink->set_pattern("%v");
  s.sink->set_level(spdlog::level::trace);
}

bool enabled(Level level) { return state().sink && level >= state().level; }

std::string line(Format format, bool colour, Level level, std::int64_t epoch_millis, std::string_view message,
                 std::initializer_list<Field> fields) {
  std::string out;
  if (format == Format::json) {
    out = fmt::format(R"({{"time":"{}","level":"{}","message":)", utc(epoch_millis), name(level));
    append_json_string(out, message);
    for (const Field& field : fields) {
      out += ',';
      append_json_string(out, field.key);
      out += ':';
      if (field.number)
        out += field.value;
      else
        append_json_string(out, field.value);
    }
    return out + '}';
  }
  std::string time = utc(epoch_millis).substr(11, 12);
  out = colour ? fmt::format("{} {}{:5}\x1b[0m ", time, colour_of(level), name(level)) : fmt::format("{} {:5} ", time, name(level));
  for (unsigned char c : message) out += c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c);
  for (const Field& field : fields) {
    out += fmt::format(" {}=", field.key);
    append_plain(out, field.value);
  }
  return out;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  auto now = std::chrono::system_clock::now().time_since_epoch();
  auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  State& s = state();
  std::string text = line(s.format, s.colour, level, millis, message, fields);
  s.sink->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace base::log
