// One stop token made of two.
#pragma once

#include <stop_token>
#include <utility>

namespace base {

// Its token is requested as soon as either of the two is; already at the start, if one is.
class AnyStop {
 public:
  AnyStop(std::stop_token one, std::stop_token other) : one_(std::move(one), End{&source_}), other_(std::move(other), End{&source_}) {}
  AnyStop(const AnyStop&) = delete;
  AnyStop& operator=(const AnyStop&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  struct End {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<End> one_;
  std::stop_callback<End> other_;
};

}  // namespace base
