// What a worker sends, which may be anything: frames in pieces, and every body that the pool reads.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/confine.h"
#include "sandbox/frames.h"
#include "sandbox/source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  sandbox::FrameReader reader(4096);
  const std::size_t step = size ? 1 + data[0] % 37U : 1;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < size; at += step) {
    reader.add(bytes.substr(at, step));
    for (;;) {
      auto frame = reader.next();
      if (!frame) return 0;
      if (!*frame) break;
      taken += 5 + (*frame)->body.size();
      if (taken > size) std::abort();
      (void)sandbox::read_call((*frame)->body).ok();
      (void)sandbox::read_done((*frame)->body).ok();
      (void)sandbox::read_layers((*frame)->body).ok();
      (void)sandbox::read_answer((*frame)->body).ok();
      (void)sandbox::read_job((*frame)->body).ok();
    }
  }
  const auto source = sandbox::read_source(bytes);
  if (source.code.size() > size) std::abort();
  (void)sandbox::typescript_sign(source.code);
  (void)sandbox::as_expression(source.code);
  return 0;
}
