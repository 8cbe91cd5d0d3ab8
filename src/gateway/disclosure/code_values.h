// What code gets of a tool's result, and what a model gets of code.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "sandbox/script.h"
#include "sdk/handler.h"

namespace gateway {

// Characters of an answer that a model gets at once; the rest is read on.
inline constexpr std::size_t kCodeAnswer = 24'000;
// Why a call failed whose arguments its tool does not take: no server heard of it.
inline constexpr std::string_view kUnfit = "invalid_arguments";

// The answer of an inner call, for the code. Of a tool's result: its structured content; else its text, as what it spells where that is
// JSON; else its content, pictures and sound only named. An input_required is a pause, with the whole result as its `json`.
sandbox::Answer code_answer(mcp::Result<sdk::Reply> reply);
sandbox::Answer code_failure(std::string_view reason, std::string message);

// What a run came to, for the model: its value, or its fault with the calls that were made; then what was logged.
std::string code_text(const sandbox::Outcome& outcome);

// A part of a long text: where it ends, at a line's end if one is near and never within a character.
std::size_t page_end(std::string_view text, std::size_t from, std::size_t limit);

}  // namespace gateway
