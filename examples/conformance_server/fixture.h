// The parts of the conformance fixture.
#pragma once

#include <mcp/server.h>

// Tools that return each kind of content.
void add_content_tools(mcp::Server& server);
// Tools that use the protocol while they run: progress, log messages, headers, changes.
void add_protocol_tools(mcp::Server& server);
// Tools and a prompt that ask the client before they answer.
void add_asking_tools(mcp::Server& server);
// Tools whose calls become tasks.
void add_task_tools(mcp::Server& server);
void add_resources(mcp::Server& server);
void add_prompts(mcp::Server& server);

// A PNG of one red pixel, and a WAV of a few silent samples.
std::string test_png();
std::string test_wav();
