// Fetches the documents of issuers, and guards where their metadata may send us.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "oauth/jwks.h"

namespace oauth {

// The issuers are configured: their own origins are asked wherever they are. Any other place was named by a document, and is asked only
// at public addresses.
// Owns: its connections. Threads: one loop. Lifetime: outlives what fetch() gives.
class KeyFetcher {
 public:
  // `trusted_ca`: a file of PEM certificates to trust beside the system's; may be empty.
  KeyFetcher(Loop& loop, const std::vector<std::string>& issuers, const std::string& trusted_ca);

  // Errors of what it gives: as net::HttpClient::send; denied where the guard says no.
  Fetch fetch();

 private:
  std::set<std::string> origins_;
  net::HttpClient own_, elsewhere_;
};

}  // namespace oauth
