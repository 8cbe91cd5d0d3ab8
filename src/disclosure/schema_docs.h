// What a schema says that a TypeScript type cannot: its description, and its limits as tags.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace disclosure {

// The description and then the tags (`@default 5 @minimum 1`), fit for a comment; empty when there is nothing to say. `name` is what the
// schema is the type of: a title that only repeats it is left out, as every title is beside a description. The text is at most about `most`
// bytes long.
std::string schema_docs(const boost::json::object& schema, std::string_view name, std::size_t most);

// A JSON value in one line, cut at `most` bytes.
std::string shown_value(const boost::json::value& value, std::size_t most);
// A number as both JSON and JavaScript write it; empty for one that a double does not hold.
std::string shown_number(const boost::json::value& number);

}  // namespace disclosure
