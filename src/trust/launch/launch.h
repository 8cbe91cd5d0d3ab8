// What a config says is to be started as a stdio server.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace trust {

struct Launch {
  std::vector<std::string> argv;           // the program first, as written
  std::map<std::string, std::string> env;  // what is added to the clean environment
  std::string cwd;                         // empty: the folder of the config
};

}  // namespace trust
