// What an upstream says of tasks, and what clients are told of them.
#pragma once

#include <string>
#include <string_view>

#include "gateway/upstream/link.h"
#include "protocol/definitions.h"

namespace gateway {

// In whose words an upstream makes tasks of tool calls: the extension's, those of the one legacy revision that has them, or not at all.
enum class TaskWords { none, extension, core };
TaskWords task_words(const Hello& hello);

// Whether ServerCapabilities (JSON text), in either era's words, offer tasks for tool calls.
bool offers_tasks(std::string_view server_capabilities);

// ServerCapabilities of a route, with tasks in the words of both eras: each peer is shown its own (protocol::capabilities_for and
// encode_discover_result take the others out).
std::string with_task_capabilities(std::string_view server_capabilities);

// Gives a tool of an upstream the `execution` that legacy clients of the gateway may rely on: its own where its server speaks the core
// words; "optional" where it has the extension, whose server decides by itself what becomes a task; else none.
void settle_execution(protocol::Definition& tool, TaskWords words);

// Whether a client may be given tasks: it declared the extension, or its revision has them.
bool client_has_tasks(const sdk::Inbound& in);

// ClientCapabilities (JSON text) with the extension declared.
std::string with_task_extension(std::string_view client_capabilities);

}  // namespace gateway
