// Differences as people and programs read them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "trust/pins/difference.h"

namespace trust {

// `text` in which nothing is hidden: control and format characters, bidirectional marks, tags, variation selectors and other characters
// that nobody sees are written as `<U+200B>`, tags with the letter that they stand for; bytes that are no UTF-8 as `<0xFF>`.
std::string unhidden(std::string_view text);

// Side by side, what was approved on the left and what is there now on the right, in lines of at most `width` characters (at least 40),
// each ended by a line break. Of a long text only what differs is shown, with what stands around it. Nothing hidden stays hidden.
std::string side_by_side(const Difference& difference, std::size_t width);

// One JSON array of all: [{change, kind, name, before, after, like, fields: [{where, before, after, meaning}]}]; `before` and `after` of a
// field are JSON values.
std::string differences_json(std::span<const Difference> all);

}  // namespace trust
