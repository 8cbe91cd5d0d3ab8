// Typed reading of config values: each wrong one becomes a finding that names the key, what it takes, and what it got.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/finding.h"
#include "app/yaml.h"

namespace app {

// An environment variable's value, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// This process's environment.
std::optional<std::string> process_environment(const std::string& name);

// `30s`, `5m`, `1h`, `250ms`. Nothing when it is none of these.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// `4mb`, `16kb`, `512`, `1gb`: bytes, by 1024. Nothing when it is none of these.
std::optional<std::size_t> parse_size(std::string_view text);

// Reads values of one config. `what` is always the key's path, as in "servers.vault.deadline".
class Reader {
 public:
  // `folder` is what relative paths are relative to; absolute itself.
  Reader(Findings& findings, std::string folder, Environment environment)
      : findings_(findings), folder_(std::move(folder)), environment_(std::move(environment)) {}

  void error(const yaml::Value& at, std::string text) { findings_.error(at.mark.line, at.mark.column, std::move(text)); }
  void error(yaml::Mark at, std::string text) { findings_.error(at.line, at.column, std::move(text)); }
  void warn(const yaml::Value& at, std::string text) { findings_.warn(at.mark.line, at.mark.column, std::move(text)); }

  // Reports a value of the wrong kind: "<what> must be <wanted>, not <what it is>".
  void wrong(const yaml::Value& value, std::string_view what, std::string_view wanted);

  bool is_map(const yaml::Value& value, std::string_view what);
  bool is_list(const yaml::Value& value, std::string_view what);

  // Text that is not empty. A number or a flag is taken as it is written.
  std::optional<std::string> text(const yaml::Value& value, std::string_view what);
  std::optional<bool> flag(const yaml::Value& value, std::string_view what);
  std::optional<std::int64_t> number(const yaml::Value& value, std::string_view what, std::int64_t least, std::int64_t most);
  std::optional<std::chrono::milliseconds> duration(const yaml::Value& value, std::string_view what, std::chrono::milliseconds least,
                                                    std::chrono::milliseconds most);
  std::optional<std::size_t> size(const yaml::Value& value, std::string_view what, std::size_t least, std::size_t most);
  // The place of the value in `words`.
  std::optional<std::size_t> word(const yaml::Value& value, std::string_view what, std::initializer_list<std::string_view> words);
  std::vector<std::string> texts(const yaml::Value& value, std::string_view what);

  // Text in which no secret may stand: `${…}` is refused, with where it is read.
  std::optional<std::string> plain(const yaml::Value& value, std::string_view what);
  // A path, made absolute; `~/` is the home folder. It need not exist.
  std::optional<std::string> path(const yaml::Value& value, std::string_view what);
  std::string absolute(std::string_view path) const;

  // Text with `${env:X}` and `${file:PATH}` replaced; `$${` is a plain `${`. A file that others can read is a warning.
  std::optional<std::string> secret(const yaml::Value& value, std::string_view what);

  // A file whose content is part of the config.
  void read_from(std::string file) { files_.push_back(std::move(file)); }
  const std::vector<std::string>& files() const { return files_; }

  Findings& findings() { return findings_; }
  const Environment& environment() const { return environment_; }
  const std::string& folder() const { return folder_; }

 private:
  std::optional<std::string> resolve(const yaml::Value& value, std::string_view what, std::string_view reference);
  std::optional<std::string> read_secret_file(const yaml::Value& value, std::string_view what, std::string_view name);

  Findings& findings_;
  std::string folder_;
  Environment environment_;
  std::vector<std::string> files_;
};

}  // namespace app
