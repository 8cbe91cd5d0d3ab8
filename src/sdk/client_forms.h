// What a server asks of a client, read; and what a person answered, written.
#pragma once

#include <string>
#include <string_view>

#include "mcp/client/asked.h"

namespace sdk {

// The params of elicitation/create are of a form unless they say `url` (Elicitation, "Elicitation Modes").
bool asks_for_visit(mcp::JsonView params);

// Errors: invalid_argument, which names the field that no form can have.
mcp::Result<mcp::Form> read_form(mcp::JsonView params);
// Errors: invalid_argument for an address that is neither http nor https.
mcp::Result<mcp::Visit> read_visit(mcp::JsonView params);
// Errors: invalid_argument.
mcp::Result<mcp::SampleRequest> read_sample_request(mcp::JsonView params);

// ElicitResult as JSON text. On accept, fields that were not set get the form's defaults (SEP-1034), and all are held against the form.
// Errors: invalid_argument: a field that the form does not have, a value that it does not take, a required one that is missing.
mcp::Result<std::string> write_form_answer(const mcp::Form& form, const mcp::ElicitAnswer& answer);
std::string write_visit_answer(const mcp::ElicitAnswer& answer);
// CreateMessageResult and ListRootsResult as JSON text.
std::string write_sample(const mcp::Sample& sample);
std::string write_roots(const std::vector<mcp::Root>& roots);

}  // namespace sdk
