-- One request of about 1 KB, as a modern client sends it: METHOD, by default tools/call of the tool NAME on the path that is measured.
local name = os.getenv("NAME")
local method = os.getenv("METHOD") or "tools/call"
local call = method == "tools/call"
local text = string.rep("y", 700)
local params = call and '"name":"' .. name .. '","arguments":{"text":"' .. text .. '"},' or ''
local body = '{"jsonrpc":"2.0","id":7,"method":"' .. method .. '","params":{' .. params .. '"_meta":{"io.modelcontextprotocol/protocolVersion":'
  .. '"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"wrk","version":"4"},"io.modelcontextprotocol/clientCapabilities":{}}}}'
wrk.method = "POST"
wrk.body = body
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
wrk.headers["Mcp-Method"] = method
if call then wrk.headers["Mcp-Name"] = name end

function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format('RESULT {"requests":%d,"micros":%d,"p50_us":%d,"p99_us":%d,"bad":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), bad))
end
