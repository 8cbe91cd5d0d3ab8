// What gatehouse.yaml says of telemetry.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "observe/otlp.h"
#include "observe/span.h"

namespace app {

// Whether spans and numbers leave, where to, and what of a call is in them.
struct TelemetryConfig {
  std::string otlp;  // the collector's base URL; empty: none
  observe::OtlpEncoding encoding = observe::OtlpEncoding::protobuf;
  observe::Compression compression = observe::Compression::gzip;
  std::string ca;                           // a PEM file to trust besides the system's; empty: none
  std::chrono::milliseconds every{60'000};  // between two pictures of the numbers
  std::vector<std::pair<std::string, base::Secret<std::string>>> headers;
  double sample = 1;                      // the share of the traces that begin here
  std::chrono::milliseconds slow{5'000};  // what took so long leaves whether it is sampled or not; 0: no
  observe::Content content = observe::Content::none;
  std::string helicone;  // where Helicone takes logs; empty: it gets none
  base::Secret<std::string> helicone_key;

  bool on() const { return !otlp.empty() || !helicone.empty(); }
  bool operator==(const TelemetryConfig&) const = default;
};

}  // namespace app
