// A folder for a test, gone afterwards.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace servers::testing {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-test-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    path_ = std::filesystem::canonical(name).string();
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view rest) const { return path_ + "/" + std::string(rest); }

  void folder(std::string_view rest) const { std::filesystem::create_directories(*this / rest); }
  // Written as most programs do: opened, written, closed.
  void file(std::string_view rest, std::string_view content) const {
    std::filesystem::path full = *this / rest;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
  }
  // Written beside this folder and moved in, so that nobody can see it empty.
  void file_at_once(std::string_view rest, std::string_view content) const {
    std::filesystem::path full = *this / rest;
    std::filesystem::create_directories(full.parent_path());
    std::string beside = path_ + ".moved-in";
    std::ofstream(beside, std::ios::binary) << content;
    std::filesystem::rename(beside, full);
  }
  void link(std::string_view target, std::string_view rest) const { std::filesystem::create_symlink(target, *this / rest); }
  std::string content(std::string_view rest) const {
    std::ifstream in(*this / rest, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool has(std::string_view rest) const { return std::filesystem::exists(std::filesystem::symlink_status(*this / rest)); }

 private:
  std::string path_;
};

}  // namespace servers::testing
