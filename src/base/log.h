// Structured logs on stderr: text on a terminal, one JSON object per line otherwise.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace base::log {

enum class Level { debug, info, warn, error, off };
enum class Format { automatic, text, json };

// One field of a line. Numbers stay numbers in JSON.
struct Field {
  std::string_view key;
  std::string value;
  bool number = false;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)), number(true) {}
};

// Sets what is written from here on. Colours only on a terminal and without NO_COLOR. Call before threads exist.
void open(Format format, Level level);
bool enabled(Level level);

// Writes one line with time, level, message and fields. Control characters are escaped, so that one call is one line.
// Never pass a secret: a Secret cannot be turned into a Field.
// Threads: any.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::info, message, fields); }
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::warn, message, fields); }
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::error, message, fields); }

// The line as it would be written, without its end; for write() and tests. `time` is seconds and milliseconds since the epoch.
std::string line(Format format, bool colour, Level level, std::int64_t epoch_millis, std::string_view message,
                 std::initializer_list<Field> fields);

}  // namespace base::log
