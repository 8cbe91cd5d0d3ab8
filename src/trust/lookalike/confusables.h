// What a name looks like to somebody who reads it quickly.
#pragma once
#include <string>
#include <string_view>

namespace trust {

// `text` with every letter and digit replaced by one that stands for all that look like it: `rn` and `m`, `0` and `o`, Cyrillic, Greek,
// full width and mathematical letters and the Latin ones, capitals and small letters. Marks without width are dropped. Names with one
// skeleton can be mistaken for each other (the idea of UTS #39, section 4, for the letters of package names). Other characters stay. Takes
// linear time; bytes that are no UTF-8 stay as they are.
std::string skeleton(std::string_view text);

// Some character of `text` is none of ASCII's printable ones.
bool beyond_ascii(std::string_view text);

}  // namespace trust
