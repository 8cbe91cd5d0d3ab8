// A tool as a TypeScript declaration, which says of its arguments and results what their JSON Schemas say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "disclosure/tool.h"

namespace disclosure {

// What a declaration may cost, however large and however hostile the tool's schemas are. What is left out is named in a comment, and its
// type is `unknown`, so that a declaration never forbids what the schema allows.
struct DeclarationLimits {
  std::size_t schema_bytes = 512 * 1024;    // a larger schema is not read
  std::size_t subschemas = 5'000;           // of one schema that are looked at
  std::size_t depth = 24;                   // types inside each other
  std::size_t literals = 60;                // of one enum
  std::size_t type_bytes = 24 * 1024;       // of the arguments, and of the result; about
  std::size_t description_bytes = 8'000;    // of the tool
  std::size_t documentation_bytes = 1'200;  // of one member
};

// What a tool is called in code.
struct CodeName {
  std::string server;
  std::string tool;
};

// The parts of a declaration, each of it lines with an indentation of two and a line break at its end.
struct DeclarationParts {
  std::string types;     // `type name = …;` for what refers to itself or is used more than once; may be empty
  std::string function;  // the documentation and `function name(args: …): Promise<…>;`
};
DeclarationParts declaration_parts(const ToolView& tool, const CodeName& name, const DeclarationLimits& limits = {});

// `declare namespace server { function tool(args: {…}): Promise<…>; }` with documentation from the descriptions, the annotations, the
// defaults and the limits. It compiles under `tsc --strict`, beside the declarations of all other tools that have other names.
//
// From a JSON Schema of any dialect from draft-04 to 2020-12. All values that the schema allows have the type, with these exceptions: a
// schema that says `properties` and no `type` is taken for an object (likewise `items` for an array), and members that nobody named are
// not declared unless the schema speaks of them. What TypeScript cannot say (lengths, formats, patterns…) is a tag of the documentation.
// References lead within the schema; what leads elsewhere is `unknown`. Nothing is fetched. Takes time in proportion to the schema.
//
// The names are code_name() of the server and of the tool, or those of `name` (see CodeNames).
std::string declaration(const ToolView& tool);
std::string declaration(const ToolView& tool, const CodeName& name, const DeclarationLimits& limits = {});

}  // namespace disclosure
