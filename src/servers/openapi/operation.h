// The operations of an OpenAPI description that become tools: which ones, under which names, with which arguments.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/openapi/document.h"

namespace servers::openapi {

// Which operations are taken. Each list that is not empty must fit; an operation fits a list by any of its entries.
struct Selection {
  std::vector<std::string> tags;        // whole names
  std::vector<std::string> paths;       // globs over the path as it is written: /pets/*, /pets/**
  std::vector<std::string> operations;  // globs over operationId, or `GET /pets`
  std::vector<std::string> methods;     // get, post, …
  std::vector<std::string> exclude;     // as `operations`
};

struct Parameter {
  enum class In { path, query, header, cookie };
  enum class Style { simple, label, matrix, form, space, pipe, deep };
  std::string name;      // as the API calls it
  std::string argument;  // as the tool calls it
  In in = In::query;
  Style style = Style::form;
  bool explode = true;
  bool reserved = false;  // allowReserved
  bool json = false;      // given as JSON text (`content`)
  bool required = false;
};

struct Body {
  enum class Kind { json, form, multipart, text, bytes };
  Kind kind = Kind::json;
  std::string media_type;
  std::string argument = "body";
  bool required = false;
  std::vector<std::string> binary;  // multipart: the parts that are base64
};

// One way to prove who is calling: all of these credentials together. None: nobody needs to.
struct Scheme {
  enum class Kind { bearer, basic, header, query, cookie };
  std::string name;  // in components.securitySchemes
  Kind kind = Kind::bearer;
  std::string parameter;  // of the key: the header's, query parameter's or cookie's name
};
using Alternative = std::vector<Scheme>;

struct Operation {
  std::string name;  // of the tool, at most 64 characters
  std::string id;    // operationId, or empty
  std::string method;
  std::string path;
  std::string summary;
  std::string server;  // the base URL that the description gives, or empty; may be relative
  std::vector<Parameter> parameters;
  std::optional<Body> body;
  std::vector<Alternative> security;  // any one of them; empty: none needed
  std::string accept = "application/json";
  std::string input_schema;
  bool json_answer = true;  // the description promises JSON and nothing else
};

struct Operations {
  std::vector<Operation> all;
  std::vector<std::string> problems;  // operations that were left out or cut, and why
  std::size_t selected = 0;
};

// What is in `document` and fits `selection`, in the file's order. At most `most`; more is a problem that says so.
Operations read_operations(const Document& document, const Selection& selection, std::size_t most);

// `text` as a name of a tool: at most 64 of A-Z a-z 0-9 _ -, different from those in `taken`, to which it is added.
std::string tool_name(std::string_view text, std::map<std::string, int>& taken);

}  // namespace servers::openapi
