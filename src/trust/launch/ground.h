// What the launch policy asks of the machine: where relative paths stand, and whose a file in a shared folder is.
#pragma once
#include <string>

namespace trust {

// Of a machine that nothing is known of: a launch is then judged by its words alone.
class Ground {
 public:
  virtual ~Ground() = default;
  // The absolute folder of the config; empty: unknown.
  virtual std::string folder() const { return {}; }
  // Whether nobody but the gateway's own user (and root) can change what stands at this absolute path. Asked only below folders where
  // anybody may write, such as /tmp.
  virtual bool is_own(const std::string&) const { return false; }
};

// This machine.
class FileGround final : public Ground {
 public:
  // `folder`: of the config, absolute.
  explicit FileGround(std::string folder) : folder_(std::move(folder)) {}
  std::string folder() const override { return folder_; }
  bool is_own(const std::string& path) const override;

 private:
  std::string folder_;
};

// The folder where anybody may write that this absolute, normal path stands in or is: `/tmp`. Empty: none.
std::string_view shared_folder_of(std::string_view path);

}  // namespace trust
