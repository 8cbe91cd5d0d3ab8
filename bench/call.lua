-- One tools/call of about 1 KB, as a modern client sends it. NAME is the tool's name on the path that is measured.
local name = os.getenv("NAME")
local body = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"' .. name .. '","arguments":{"text":"'
  .. string.rep("y", 700) .. '"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
  .. '"io.modelcontextprotocol/clientInfo":{"name":"wrk","version":"4"},"io.modelcontextprotocol/clientCapabilities":{}}}}'
wrk.method = "POST"
wrk.body = body
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
wrk.headers["Mcp-Method"] = "tools/call"
wrk.headers["Mcp-Name"] = name

local wrong = 0
local threads = {}
function setup(thread) table.insert(threads, thread) end
function response(status, headers, text)
  if status ~= 200 or not string.find(text, '"id":7', 1, true) then wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  for _, thread in ipairs(threads) do bad = bad + (thread:get("wrong") or 0) end
  io.write(string.format('RESULT {"requests":%d,"micros":%d,"p50_us":%d,"p99_us":%d,"bad":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), bad))
end
