// What a config says is to be started as a stdio server.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace trust {

struct Launch {
  std::vector<std::string> argv;           // the program first, as written
  std::map<std::string, std::string> env;  // what is added to the clean environment, as written: references to secrets unresolved
  std::string cwd;                         // empty: the folder of the config
};

// What an approval of this launch pins: SHA-256, in hex, of all that it says. The same launch has the same digest on every machine whose
// paths are the same.
std::string launch_digest(const Launch& launch);

}  // namespace trust
