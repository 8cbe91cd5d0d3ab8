#include "trust/launch/judgement.h"

#include <fmt/format.h>

#include <algorithm>

#include "trust/launch/words.h"

namespace trust {
namespace {

using Takes = Option::Takes;

const Option* find_option(const Options& options, std::string_view name) {
  const auto found = std::ranges::find(options.known, name, &Option::name);
  return found == options.known.end() ? nullptr : &*found;
}

// Walks the options of one launcher.
class OptionWalk {
 public:
  OptionWalk(Judgement& judgement, std::size_t at, const Options& options) : judgement_(judgement), options_(options), at_(at) {}

  std::optional<std::size_t> walk() {
    const auto words = judgement_.words();
    for (; at_ < words.size(); ++at_) {
      const std::string& word = words[at_];
      if (word == "--") return at_ + 1;
      if (word.size() < 2 || word[0] != '-') return at_;
      if (word[1] == '-')
        take_long(word);
      else
        take_short(std::string_view(word).substr(1));
      if (judgement_.denied()) return {};
    }
    return at_;
  }

 private:
  void refuse(std::string_view option, std::string_view why) {
    judgement_.deny(options_.rule, Judgement::place(at_), fmt::format("{} {}", printable(option), why), std::string(options_.remedy));
  }
  void refuse_unknown(std::string_view option) { refuse(option, fmt::format("is not among the options that {} may get", options_.of)); }

  void take_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* option = find_option(options_, name);
    if (!option) return refuse_unknown(name);
    if (equals != std::string_view::npos) return take_attached(*option, word.substr(equals + 1));
    if (option->takes == Takes::value) return take_next(*option);
    judge(*option, {});
  }

  // `-it`, `-e NAME`, `-eNAME`, `-v=/a:/b`.
  void take_short(std::string_view letters) {
    while (!letters.empty() && !judgement_.denied()) {
      const std::string name{'-', letters[0]};
      const Option* option = find_option(options_, name);
      if (!option) return refuse_unknown(name);
      letters.remove_prefix(1);
      const bool attached = letters.starts_with('=');
      if (attached) return take_attached(*option, letters.substr(1));
      if (option->takes == Takes::value) return letters.empty() ? take_next(*option) : judge(*option, letters);
      judge(*option, {});
    }
  }

  void take_attached(const Option& option, std::string_view value) {
    if (option.takes == Takes::nothing && value != "true" && value != "false") return refuse(option.name, "takes no value");
    judge(option, option.takes == Takes::nothing ? std::string_view() : value);
  }

  void take_next(const Option& option) {
    if (at_ + 1 >= judgement_.words().size()) return refuse(option.name, "has no value");
    ++at_;
    judge(option, judgement_.words()[at_]);
  }

  void judge(const Option& option, std::string_view value) {
    if (option.judge) return option.judge(judgement_, at_, value);
    if (auto found = find_operator(value))
      judgement_.deny("R02", Judgement::place(at_), fmt::format("it holds {}, which is for a shell", *found), "write the plain value");
  }

  Judgement& judgement_;
  const Options& options_;
  std::size_t at_;
};

}  // namespace

void Judgement::deny(std::string_view rule, std::string where, std::string reason, std::string remedy) {
  if (denied()) return;
  verdict_ = {Ruling::deny, std::string(rule), std::move(where), std::move(reason), std::move(remedy)};
}

void Judgement::review(std::string_view rule, std::string where, std::string reason, std::string remedy) {
  if (verdict_.ruling != Ruling::allow) return;
  verdict_ = {Ruling::review, std::string(rule), std::move(where), std::move(reason), std::move(remedy)};
}

void Judgement::take(const Verdict& inner, const std::string& where) {
  if (inner.ruling == Ruling::deny) deny(inner.rule, where, inner.reason, inner.remedy);
  if (inner.ruling == Ruling::review) review(inner.rule, where, inner.reason, inner.remedy);
}

std::string Judgement::place(std::size_t word) { return word == 0 ? "command" : fmt::format("args[{}]", word - 1); }

std::optional<std::size_t> skip_options(Judgement& judgement, std::size_t at, const Options& options) {
  return OptionWalk(judgement, at, options).walk();
}

}  // namespace trust
