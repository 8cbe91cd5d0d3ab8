// All layers of the scanner over one text: what is hidden, what is encoded, what markup hides, and whom the words speak to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "trust/scan/finding.h"
#include "trust/scan/neighbours.h"

namespace trust::scan {

// Collects the findings of a definition or a result. One use each.
class TextScan {
 public:
  // Both live longer.
  TextScan(std::string_view server, const Neighbours& neighbours) : server_(server), neighbours_(neighbours) {}

  // `where`: a JSON pointer. Linear; what comes out of encodings counts against one bound for all texts.
  void look_at(std::string_view text, std::string_view where);
  void add(Finding finding);
  // The worst first.
  std::vector<Finding> take();

 private:
  void look_at_characters(std::string_view text, std::string_view where);
  void look_at_markup(std::string_view text, std::string_view where);
  void look_at_encoded(std::string_view text, std::string_view where);
  void look_at_names(std::string_view text, std::string_view where);
  // What the words of a text that was hidden in some way add up to, nested encodings included.
  int hidden_score(std::string_view text, int depth);

  std::string_view server_;
  const Neighbours& neighbours_;
  std::vector<Finding> findings_;
  std::size_t decoded_ = 0;  // bytes
};

}  // namespace trust::scan
