// Note: what one Markdown file of a vault says about itself and others.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "servers/vault/front_matter.h"

namespace servers {

// A pointer from one note to something else in the vault.
struct Link {
  std::string target;     // as written, without heading, block and alias; empty for a link within its own note
  std::string heading;    // behind #, nested ones joined by #
  std::string block;      // behind #^
  std::string alias;      // what is shown instead
  bool embed = false;     // ![[…]]
  bool markdown = false;  // [text](target), percent-decoded
  std::size_t line = 0;   // of the note, from 1
};

struct Heading {
  int level = 1;
  std::string text;
  std::size_t line = 0;
  std::size_t offset = 0;  // of its first byte in the note
};

// A note, read. Code blocks and inline code count for nothing.
struct Note {
  Properties properties;
  std::size_t body = 0;  // where the text begins, behind the front matter
  std::size_t front_lines = 0;
  std::vector<std::string> aliases;  // from the front matter
  std::vector<std::string> tags;     // from the front matter and the text, without #, as written, each once
  std::vector<Heading> headings;
  std::vector<Link> links;
  std::vector<std::string> blocks;  // names given by ^name

  // The property, or empty.
  std::string_view property(std::string_view name) const;
};

// Reads any bytes; never fails.
Note parse_note(std::string_view text);

// Reads `[[Target#Heading|alias]]`, the same without brackets, or with a ! before it.
Link parse_link(std::string_view text);

// `heading` as it is compared: lower case, without marks that links leave out.
std::string heading_key(std::string_view heading);

// The part of `text` below the heading, with it, up to the next one of its level or above; empty when there is none.
// `heading` may be nested (`A#B`: B below A).
std::string_view find_section(std::string_view text, const Note& note, std::string_view heading);
// True when the note has that heading, nested ones in order.
bool has_heading(const Note& note, std::string_view heading);
// The paragraph or list item that ends with ^block, without the name; empty when there is none.
std::string_view find_block(std::string_view text, std::string_view block);

}  // namespace servers
