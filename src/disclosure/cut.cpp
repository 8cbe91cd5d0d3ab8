#include "disclosure/cut.h"

#include <algorithm>

#include "base/json.h"
#include "disclosure/cut_value.h"
#include "protocol/json_schema/json_schema.h"
#include "protocol/splice.h"
#include "tokens/count.h"

namespace disclosure {
namespace {

constexpr std::size_t kMostLeft = 8;
// Room in a block that is cut; with less it is left out.
constexpr std::size_t kLeastOfBlock = 16;
// JSON that differs in more than its white space is compared as trees only up to this size, in bytes.
constexpr std::size_t kLargestTree = 1024 * 1024;

std::string_view type_of(std::string_view block) {
  std::string_view type = base::find_member(block, "type");
  return type.size() > 2 ? type.substr(1, type.size() - 2) : std::string_view();
}

// The member of a block that a model reads as text; empty for pictures and sound.
std::string_view text_of(std::string_view block) {
  std::string_view type = type_of(block);
  if (type == "text") return base::find_member(block, "text");
  if (type == "resource") {
    std::string_view resource = base::find_member(block, "resource");
    return base::is_object(resource) ? base::find_member(resource, "text") : std::string_view();
  }
  return {};
}

std::size_t block_tokens(std::string_view block, std::size_t most) {
  std::string_view type = type_of(block);
  if (type == "resource_link") return tokens::count_to(block, most);
  auto text = base::json_string(text_of(block));
  return text ? tokens::count_to(*text, most) : 0;
}

// A text that is JSON, and the same as the structured content.
bool says(const std::string& text, std::string_view structured) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || text[first] != structured.front()) return false;
  if (!base::validate_json(text)) return false;
  const std::string one = base::minified(text), other = base::minified(structured);
  if (one == other) return true;
  if (std::max(one.size(), other.size()) > kLargestTree) return false;
  auto left = base::parse_json(one), right = base::parse_json(other);
  return left && right && *left == *right;
}

struct Parts {
  std::vector<std::string_view> blocks;
  std::string_view structured;  // empty: none
  std::size_t mirror = 0;       // which block says what the structured content does; blocks.size(): none
  bool failed = false;
};

Parts parts_of(std::string_view result) {
  Parts parts;
  std::string_view content = base::find_member(result, "content");
  if (base::is_array(content))
    for (base::Elements all(content); all.next();)
      if (base::is_object(all.value())) parts.blocks.push_back(all.value());
  parts.structured = base::find_member(result, "structuredContent");
  if (!base::is_object(parts.structured) && !base::is_array(parts.structured)) parts.structured = {};
  parts.failed = base::find_member(result, "isError") == "true";
  parts.mirror = parts.blocks.size();
  if (parts.structured.empty()) return parts;
  for (std::size_t i = 0; i < parts.blocks.size() && parts.mirror == parts.blocks.size(); ++i) {
    if (type_of(parts.blocks[i]) != "text") continue;
    auto text = base::json_string(text_of(parts.blocks[i]));
    if (text && says(*text, parts.structured)) parts.mirror = i;
  }
  return parts;
}

std::size_t tokens_of(const Parts& parts, std::size_t most) {
  std::size_t total = 0;
  for (std::string_view block : parts.blocks) {
    if (total > most) return total;
    total += block_tokens(block, most - total);
  }
  if (!parts.structured.empty() && parts.mirror == parts.blocks.size() && total <= most)
    total += tokens::count_to(parts.structured, most - total);
  return total;
}

std::string with_text(std::string_view block, std::string_view text) {
  const std::string quoted = base::quoted(text);
  if (type_of(block) == "text") return protocol::with_members(block, {{"text", quoted}});
  const std::string resource = protocol::with_members(base::find_member(block, "resource"), {{"text", quoted}});
  return protocol::with_members(block, {{"resource", resource}});
}

// A block's text cut as what it is: JSON or lines.
std::string fit_block(std::string_view text, std::size_t limit, const std::string& name, Rest& rest) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[') && base::validate_json(text).ok();
  if (!json) return fit_text(text, limit, name, rest);
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return fit_value(text.substr(first, last + 1 - first), limit, name, rest);
}

struct Cutting {
  Parts parts;
  Rest rest;
  std::string content;     // the blocks that stay, with commas
  std::string structured;  // as it is to be; empty: none
  bool broken_promise = false;
};

void add_block(Cutting& cutting, std::string_view block) {
  if (!cutting.content.empty()) cutting.content += ',';
  cutting.content += block;
}

void cut_structured(Cutting& cutting, std::size_t limit, std::string_view output_schema) {
  Rest of_structured;
  std::string fitted = fit_value(cutting.parts.structured, limit, "", of_structured);
  for (Rest::Part& part : of_structured.parts)
    if (part.of.empty()) part.of = "the result";
  if (!output_schema.empty() && !cutting.parts.failed) {
    auto schema = protocol::JsonSchema::compile(output_schema);
    auto tree = base::parse_json(fitted);
    cutting.broken_promise = schema && (!tree || !schema->accepts(*tree));
  }
  // What a block of text says too is left out once.
  cutting.structured = std::move(fitted);
  cutting.rest.parts = std::move(of_structured.parts);
}

void cut_blocks(Cutting& cutting, std::size_t limit) {
  std::size_t left = limit;
  bool over = false;
  for (std::size_t i = 0; i < cutting.parts.blocks.size(); ++i) {
    std::string_view block = cutting.parts.blocks[i];
    const std::string name = "block " + std::to_string(i + 1);
    if (i == cutting.parts.mirror) {
      add_block(cutting, with_text(block, cutting.structured));
      continue;
    }
    auto text = base::json_string(text_of(block));
    // Pictures and sound are not counted, and stay.
    const bool counted = text || type_of(block) == "resource_link";
    const std::size_t cost = over || !counted ? 0 : block_tokens(block, left);
    if (!counted || (!over && cost <= left)) {
      add_block(cutting, block);
      left -= cost;
      continue;
    }
    if (!over && text && left >= kLeastOfBlock) {
      add_block(cutting, with_text(block, fit_block(*text, left, name, cutting.rest)));
    } else {
      std::string type(type_of(block));
      Rest::Part part{name + (type == "text" ? "" : " (" + type + ")"), "", 0, 0, text ? *std::move(text) : std::string()};
      if (part.text.empty()) part.text = base::minified(block);
      cutting.rest.parts.push_back(std::move(part));
    }
    over = true;
  }
}

std::vector<LeftOut> words_of(const Rest& rest) {
  std::vector<LeftOut> out;
  for (const Rest::Part& part : rest.parts) {
    if (out.size() + 1 == kMostLeft && rest.parts.size() > kMostLeft) {
      out.push_back(std::to_string(rest.parts.size() - out.size()) + " more");
      break;
    }
    out.push_back(rest.words(part));
  }
  return out;
}

}  // namespace

std::size_t result_tokens(std::string_view result, std::size_t most) { return tokens_of(parts_of(result), most); }

std::optional<CutResult> cut_result(std::string_view result, std::size_t limit, std::string_view output_schema, const CutNote& note) {
  limit = std::max(limit, kLeastOfCut);
  Cutting cutting;
  cutting.parts = parts_of(result);
  CutResult out;
  // As many tokens as bytes at most: what is short enough needs no count.
  out.before = result.size() <= limit ? 0 : tokens_of(cutting.parts, std::numeric_limits<std::size_t>::max() / 2);
  if (out.before <= limit) return std::nullopt;
  const bool mirrored = cutting.parts.mirror < cutting.parts.blocks.size();
  std::size_t for_blocks = limit;
  if (!cutting.parts.structured.empty()) {
    // Two readers of two texts share the room; what the blocks leave is the structure's.
    const std::size_t blocks = tokens_of({cutting.parts.blocks, {}, cutting.parts.blocks.size(), false}, limit);
    const std::size_t share = mirrored ? limit : std::max(limit / 2, blocks < limit ? limit - blocks : 0);
    cut_structured(cutting, share, output_schema);
    const std::size_t used = tokens::count_to(cutting.structured, limit);
    for_blocks = limit > used ? limit - used : 0;
  }
  cut_blocks(cutting, for_blocks);
  out.left = words_of(cutting.rest);
  out.rest = cutting.rest.text();
  if (cutting.broken_promise) cutting.structured.clear();
  auto finished = [&](std::string_view last) {
    std::string content = "[" + cutting.content;
    if (!last.empty()) content += (cutting.content.empty() ? "" : ",") + ("{\"type\":\"text\",\"text\":" + base::quoted(last) + "}");
    content += "]";
    std::string text = protocol::with_members(result, {{"content", content}});
    if (!cutting.parts.structured.empty() && cutting.structured.empty())
      text = protocol::with_members(protocol::without_members(text, {"structuredContent"}), {{"isError", "true"}});
    else if (!cutting.structured.empty())
      text = protocol::with_members(text, {{"structuredContent", cutting.structured}});
    return text;
  };
  out.after = tokens_of(parts_of(finished({})), limit * 4);
  std::string said = note(out);
  if (cutting.broken_promise)
    said +=
        " The call was carried out and is not to be repeated: it is marked as an error only because the structured content that this tool "
        "promises cannot be cut.";
  out.result = finished(said);
  return out;
}

Page next_page(std::string_view rest, std::size_t from, std::size_t limit) {
  from = std::min(from, rest.size());
  while (from > 0 && from < rest.size() && (static_cast<unsigned char>(rest[from]) & 0xc0U) == 0x80) --from;
  std::size_t fits = tokens::prefix_of(rest.substr(from), std::max(limit, kLeastOfCut));
  if (from + fits < rest.size() && fits > 0) {
    const std::size_t line = rest.substr(0, from + fits).rfind('\n');
    if (line != std::string_view::npos && line + 1 > from + fits / 2) fits = line + 1 - from;
  }
  return {from, from + fits};
}

}  // namespace disclosure
