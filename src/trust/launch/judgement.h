// What is found while one launch is judged, and what the grammars of launchers share.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "trust/launch/ground.h"
#include "trust/launch/launch.h"
#include "trust/launch/verdict.h"

namespace trust {

// Collects what is found. What denies ends the judging; of several things to review, the first is told.
// Owns: nothing. The launch and the ground outlive it. Threads: one.
class Judgement {
 public:
  Judgement(const Launch& launch, const Ground& ground) : launch_(launch), ground_(ground) {}

  // `where` as in Verdict. Texts hold no value of the environment and no argument that could be a secret.
  void deny(std::string_view rule, std::string where, std::string reason, std::string remedy);
  void review(std::string_view rule, std::string where, std::string reason, std::string remedy);
  // What another launch, that this one starts at `where`, was judged to be.
  void take(const Verdict& inner, const std::string& where);
  bool denied() const { return verdict_.ruling == Ruling::deny; }
  const Verdict& verdict() const { return verdict_; }

  std::span<const std::string> words() const { return launch_.argv; }
  const Launch& launch() const { return launch_; }
  const Ground& ground() const { return ground_; }
  // Word 0 is `command`, the next one `args[0]`.
  static std::string place(std::size_t word);

 private:
  const Launch& launch_;
  const Ground& ground_;
  Verdict verdict_{Ruling::allow, "", "", "", ""};
};

// An option of a launcher, of those that it may get here.
struct Option {
  enum class Takes { nothing, value, attached };  // attached: a value only behind `=`
  std::string_view name;                          // `--rm` or `-i`
  Takes takes = Takes::nothing;
  // Looks at the value, in this word; null: every value is harmless.
  void (*judge)(Judgement& judgement, std::size_t word, std::string_view value) = nullptr;
};

struct Options {
  std::string_view of;    // the launcher, for messages
  std::string_view rule;  // that an unknown option breaks
  std::span<const Option> known;
  std::string_view remedy;
};

// Judges the options from word `at` on. Gives the first word that is none; `--` is skipped and ends them. Nothing: denied.
std::optional<std::size_t> skip_options(Judgement& judgement, std::size_t at, const Options& options);

// What every remedy ends with where a person can decide.
inline constexpr std::string_view kApprove = "approve it with: gatehouse pins approve SERVER";

}  // namespace trust
