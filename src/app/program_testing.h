// Runs the built program, for tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace app::testing {

// One run of gatehouse, with pipes to its three streams.
// Owns: the process; destroying this kills it.
class Program {
 public:
  Program(const std::filesystem::path& folder, std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    int in[2], out[2], err[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
    arguments.insert(arguments.begin(), GATEHOUSE_BINARY);
    environment.push_back("PATH=/usr/bin:/bin");
    environment.push_back("HOME=" + folder.string());
    std::vector<char*> argv = pointers(arguments);
    std::vector<char*> envp = pointers(environment);
    if (::posix_spawn(&pid_, GATEHOUSE_BINARY, &actions, nullptr, argv.data(), envp.data()) != 0) std::abort();
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]), ::close(out[1]), ::close(err[1]);
    in_ = in[1], out_ = out[0], err_ = err[0];
  }
  Program(const Program&) = delete;
  ~Program() {
    close_input();
    if (!ended_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_), ::close(err_);
  }

  void write(std::string_view text) {
    if (::write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }
  void close_input() {
    if (in_ >= 0) ::close(std::exchange(in_, -1));
  }
  void signal(int number) { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }

  // The next line of stdout or stderr that holds `part`; empty when the stream ends or nothing comes for a long time.
  std::string line_of_out(std::string_view part = "") { return next_line(out_, out_text_, part); }
  std::string line_of_err(std::string_view part = "") { return next_line(err_, err_text_, part); }

  // Waits for its end, and reads what is left of both streams.
  int wait() {
    close_input();
    while (fill(out_, out_text_) || fill(err_, err_text_)) {}
    int status = 0;
    ::waitpid(pid_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string& out() const { return out_text_; }
  const std::string& err() const { return err_text_; }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> out;
    out.reserve(words.size() + 1);
    for (std::string& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
  }
  // Reads once, when something comes within a generous time. False at the end.
  static bool fill(int fd, std::string& text) {
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, 30'000) <= 0) return false;
    char buffer[65536];
    ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n > 0) text.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }
  static std::string next_line(int fd, std::string& text, std::string_view part) {
    for (;;) {
      std::size_t end = text.find('\n');
      if (end == std::string::npos) {
        if (!fill(fd, text)) return {};
        continue;
      }
      std::string line = text.substr(0, end);
      text.erase(0, end + 1);
      if (line.find(part) != std::string::npos) return line;
    }
  }

  pid_t pid_ = 0;
  int in_ = -1, out_ = -1, err_ = -1;
  bool ended_ = false;
  std::string out_text_, err_text_;
};

// A test with a folder of its own.
class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    char name[] = "/tmp/gatehouse-program-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ProgramTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string read(const std::string& name) {
    std::ifstream in(folder_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Runs to the end, with nothing on stdin.
  int run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    Program program(folder_, std::move(arguments), std::move(environment));
    int status = program.wait();
    out_ = program.out();
    err_ = program.err();
    return status;
  }

  std::filesystem::path folder_;
  std::string out_, err_;
};

}  // namespace app::testing
