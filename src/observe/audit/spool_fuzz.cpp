// Whatever bytes a file of the spool has: frames are within it.
#include <cstdlib>

#include "observe/audit/spool.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto file = observe::read_spooled(bytes);
  if (!file) return 0;
  for (const observe::Frame& frame : file->frames)
    if (frame.payload.data() < bytes.data() || frame.payload.data() + frame.payload.size() > bytes.data() + bytes.size()) std::abort();
  return 0;
}
