// Is a name one that is known, one that could be mistaken for it, or neither?
#pragma once
#include <string>
#include <string_view>

#include "trust/lookalike/known_list.h"
#include "trust/lookalike/slips.h"

namespace trust {

struct Likeness {
  // known: on the list itself. review: a person should look whether this is the name that was meant. clean: like none on the list.
  enum class Kind { known, clean, review };
  Kind kind = Kind::clean;
  std::string signal;   // review: which sign it was, e.g. `letters`, `confusable`, `scope`
  std::string nearest;  // the known name, as the list writes it; empty where there is none
  std::string reason;   // one sentence; safe to print
};

// `known`, `clean` or `review`: as commands print it.
std::string_view likeness_name(Likeness::Kind kind);

// What counts as known. left_out: one entry of the list with this very name is not counted, to measure how often good names are held for
// others.
enum class Itself { counts, left_out };

// Judges `name` by the names of its ecosystem. By itself a review says nothing bad: good servers have names like others.
// Takes time in the length of the list; at the first known name that is equal it ends.
Likeness judge_name(const NamedPackage& name, const KnownList& list, Itself itself = Itself::counts);

}  // namespace trust
