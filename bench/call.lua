-- One request of about 1 KB, as a modern client sends it: METHOD, by default tools/call of the tool NAME on the path that is measured. With
-- SESSION, as a client of the last legacy revision sends it in that session.
local name = os.getenv("NAME")
local method = os.getenv("METHOD") or "tools/call"
local call = method == "tools/call"
local text = string.rep("A line of text as tools are given it, with words of usual length. ", 12):sub(1, 700)
local params = call and '"name":"' .. name .. '","arguments":{"text":"' .. text .. '"},' or ''
local session = os.getenv("SESSION") or ""
local meta = session == "" and '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":'
  .. '{"name":"wrk","version":"4"},"io.modelcontextprotocol/clientCapabilities":{}}' or '"_meta":{}'
local rest = ',"method":"' .. method .. '","params":{' .. params .. meta .. '}}'
wrk.method = "POST"
wrk.body = '{"jsonrpc":"2.0","id":7' .. rest
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json, text/event-stream"
if session == "" then
  wrk.headers["MCP-Protocol-Version"] = "2026-07-28"
  wrk.headers["Mcp-Method"] = method
  if call then wrk.headers["Mcp-Name"] = name end
else
  wrk.headers["MCP-Protocol-Version"] = "2025-11-25"
  wrk.headers["Mcp-Session-Id"] = session
  -- In a session no two requests that run have the same id.
  local id = 0
  function request()
    id = id + 1
    return wrk.format(nil, nil, nil, '{"jsonrpc":"2.0","id":' .. id .. rest)
  end
end

function done(summary, latency, requests)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format('RESULT {"requests":%d,"micros":%d,"p50_us":%d,"p99_us":%d,"bad":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), bad))
end
