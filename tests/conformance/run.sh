#!/usr/bin/env bash
# Runs the official conformance suite against the example server and the example client, and holds the counts of each run against
# tests/conformance/floor.json.
# Usage: tests/conformance/run.sh [-v] [--side server|client] [--revision R] [--scenario S] [--url URL] [--build DIR]
#   -v           names what failed, warned or was skipped
#   --side       one side only (default: both)
#   --revision   one run only: 2026-07-28 or 2025-11-25 (what that revision requires), all (everything that the suite has), or
#                0.1.16 (everything that the first suite had). Default: each of them.
#   --scenario   one scenario only; no floor then
#   --url        a server that runs already, in place of DIR/examples/conformance_server; no floor then
#   --build      where the examples were built (default: build)
set -euo pipefail
source "$(dirname "$0")/../../script/lib.sh"

verbose=() scenario='' url='' build=build sides=(server client) runs=(2026-07-28 2025-11-25 all 0.1.16)
floor=(--floor tests/conformance/floor.json)
while (($#)); do
  case $1 in
    -h | --help) show_help; exit 0 ;;
    -v) verbose=(-v) ;;
    --side) sides=("${2:?}"); shift ;;
    --revision) runs=("${2:?}"); shift ;;
    --scenario) scenario=${2:?} floor=(); shift ;;
    --url) url=${2:?} sides=(server) floor=(); shift ;;
    --build) build=${2:?}; shift ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
  shift
done
for side in "${sides[@]}"; do
  [[ $side == server || $side == client ]] || usage_error "--side is server or client, not '$side'"
done
for run in "${runs[@]}"; do
  [[ $run =~ ^(2026-07-28|2025-11-25|all|0\.1\.16)$ ]] || usage_error "--revision is 2026-07-28, 2025-11-25, all or 0.1.16, not '$run'"
done
[[ -x $node_bin ]] || die "Node is missing in tests/npm: run script/setup node"
mkdir -p build/logs

start_server() {
  local server=$build/examples/conformance_server port
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
}

# One run of the suite, and its count. Its exit status forgives what is not scored; the counts do not.
run_suite() {
  local side=$1 run=$2 suite=@modelcontextprotocol/conformance pick=(--suite all) target out
  case $run in
    0.1.16) suite=conformance-0.1 ;;
    all) ;;
    *) pick=(--requirements "$run") ;;
  esac
  if [[ -n $scenario ]]; then
    pick=(--scenario "$scenario")
    [[ $run == all || $run == 0.1.16 ]] || pick+=(--spec-version "$run")
  fi
  if [[ $side == server ]]; then
    target=(--url "$url")
  else
    # Many processes start at once: on a small machine the suite's own limit is too short.
    target=(--command "$build/examples/conformance_client" --timeout 60000)
  fi
  out=build/conformance/$side-$run
  rm -rf "$out"
  mkdir -p "$out"
  timeout 900 "$node_bin" "tests/npm/node_modules/$suite/dist/index.js" "$side" "${target[@]}" "${pick[@]}" -o "$out" \
    >"build/logs/conformance-$side-$run.log" 2>&1 || true
  "$node_bin" tests/conformance/count.mjs ${verbose[@]+"${verbose[@]}"} ${floor[@]+"${floor[@]}"} "$side" "$run" "$out"
}

status=0
for side in "${sides[@]}"; do
  if [[ $side == server && -z $url ]]; then start_server; fi
  if [[ $side == client && ! -x $build/examples/conformance_client ]]; then
    die "$build/examples/conformance_client is missing: run script/build"
  fi
  for run in "${runs[@]}"; do run_suite "$side" "$run" || status=1; done
done
exit "$status"
