#!/usr/bin/env bash
# Runs the official conformance suite against the example server and holds its counts against tests/conformance/floor.json.
# Usage: tests/conformance/run.sh [-v] [--revision R] [--scenario S] [--url URL]
#   -v           names what failed
#   --revision   one revision only (default: 2026-07-28, then 2025-11-25)
#   --scenario   one scenario only; no floor then
#   --url        a server that runs already, in place of build/examples/conformance_server; no floor then
set -euo pipefail
source "$(dirname "$0")/../../script/lib.sh"

verbose=() scenario='' url='' revisions=(2026-07-28 2025-11-25) floor=(--floor tests/conformance/floor.json)
while (($#)); do
  case $1 in
    -h | --help) show_help; exit 0 ;;
    -v) verbose=(-v) ;;
    --revision) revisions=("${2:?}"); shift ;;
    --scenario) scenario=${2:?} floor=(); shift ;;
    --url) url=${2:?} floor=(); shift ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
  shift
done
[[ -x $node_bin ]] || die "Node is missing in tests/npm: run script/setup node"
mkdir -p build/logs

if [[ -z $url ]]; then
  server=build/examples/conformance_server
  [[ -x $server ]] || die "$server is missing: run script/build"
  port=$(free_port)
  url=http://localhost:$port/mcp # the suite's check against DNS rebinding wants this very name
  "$server" --http "127.0.0.1:$port" >build/logs/conformance_server.log 2>&1 &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true' EXIT
  for ((i = 0; i < 100; i++)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    kill -0 "$pid" 2>/dev/null || { tail -n 20 build/logs/conformance_server.log >&2; die "$server has ended (build/logs/conformance_server.log)"; }
    sleep 0.1
  done
fi

status=0
for revision in "${revisions[@]}"; do
  out=build/conformance/server-$revision
  rm -rf "$out"
  mkdir -p "$out"
  pick=(--requirements "$revision")
  [[ -z $scenario ]] || pick=(--scenario "$scenario" --spec-version "$revision")
  # Its exit status forgives what is not scored; the counts do not.
  timeout 300 "$node_bin" tests/npm/node_modules/@modelcontextprotocol/conformance/dist/index.js server --url "$url" \
    "${pick[@]}" -o "$out" >"build/logs/conformance-$revision.log" 2>&1 || true
  "$node_bin" tests/conformance/count.mjs ${verbose[@]+"${verbose[@]}"} ${floor[@]+"${floor[@]}"} server "$revision" "$out" || status=1
done
exit "$status"
