#!/usr/bin/env bash
# Runs the official conformance suite against the example server and the example client, and against the example server behind the
# gateway, and holds the counts of each run against tests/conformance/floor.json.
# Usage: tests/conformance/run.sh [-v] [--side server|client] [--through KIND] [--upstream-revisions R] [--revision R] [--scenario S]
#                                 [--url URL] [--build DIR]
#   -v           names what failed, warned or was skipped
#   --side       one side only (default: both, and the server behind the gateway)
#   --through    the server behind `gatehouse serve`, at /mcp/s/<server>, as an upstream of KIND: http or stdio (default without --side:
#                each kind, with an upstream of every revision, of one era, and crossed: with one that speaks the other era only)
#   --upstream-revisions  what the server behind the gateway speaks: 2026-07-28 or 2025-11-25 (default: all revisions)
#   --revision   one run only: 2026-07-28 or 2025-11-25 (what that revision requires), all (everything that the suite has), or
#                0.1.16 (everything that the first suite had). Default: each of them; behind the gateway the first two.
#   --scenario   one scenario only; no floor then
#   --url        a server that runs already, in place of DIR/examples/conformance_server; no floor then. With --through it is the upstream.
#   --build      where the examples and the gateway were built (default: build)
set -euo pipefail
source "$(dirname "$0")/../../script/lib.sh"

verbose=() scenario='' url='' build=build sides=() through=() upstream_revisions='' runs=() given=''
floor=(--floor tests/conformance/floor.json)
while (($#)); do
  case $1 in
    -h | --help) show_help; exit 0 ;;
    -v) verbose=(-v) ;;
    --side) sides=("${2:?}"); shift ;;
    --through) through=("${2:?}"); shift ;;
    --upstream-revisions) upstream_revisions=${2:?}; shift ;;
    --revision) runs=("${2:?}"); shift ;;
    --scenario) scenario=${2:?} floor=(); shift ;;
    --url) given=${2:?} sides=(server) floor=(); shift ;;
    --build) build=${2:?}; shift ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
  shift
done
for side in "${sides[@]}"; do
  [[ $side == server || $side == client ]] || usage_error "--side is server or client, not '$side'"
done
for kind in "${through[@]}"; do
  [[ $kind == http || $kind == stdio ]] || usage_error "--through is http or stdio, not '$kind'"
done
for run in "${runs[@]}"; do
  [[ $run =~ ^(2026-07-28|2025-11-25|all|0\.1\.16)$ ]] || usage_error "--revision is 2026-07-28, 2025-11-25, all or 0.1.16, not '$run'"
done
[[ -z $upstream_revisions || ${#through[@]} -gt 0 ]] || usage_error '--upstream-revisions needs --through'
[[ -z $given || ${through[*]} != stdio ]] || usage_error '--url is no stdio upstream'
[[ -x $node_bin ]] || die "Node is missing in tests/npm: run script/setup node"
mkdir -p build/logs

pids=() folders=()
stop_all() {
  local pid
  for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null || true; done
  for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" 2>/dev/null || true; done
  ((${#folders[@]} == 0)) || rm -rf "${folders[@]}"
  pids=() folders=()
}
trap stop_all EXIT

# serve PORT LOG COMMAND…: starts it and waits until it listens.
serve() {
  local port=$1 log=build/logs/$2 pid i
  shift 2
  "$@" >"$log" 2>&1 &
  pid=$!
  pids=("$pid" ${pids[@]+"${pids[@]}"}) # the last one started ends first
  for ((i = 0; i < 100; i++)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$log" >&2; die "$1 has ended ($log)"; }
    sleep 0.1
  done
  die "$1 does not listen ($log)"
}

example() { # REVISIONS: starts the example server and sets url
  local server=$build/examples/conformance_server port revisions=()
  [[ -x $server ]] || die "$server is missing: run script/build"
  [[ -z $1 ]] || revisions=(--revisions "$1")
  port=$(free_port)
  serve "$port" conformance_server.log "$server" --http "127.0.0.1:$port" ${revisions[@]+"${revisions[@]}"}
  url=http://localhost:$port/mcp # the suite's check against DNS rebinding wants this very name
}

gateway() { # KIND REVISIONS: starts the example server behind the gateway and sets url
  local port folder server list=''
  [[ -x $build/gatehouse ]] || die "$build/gatehouse is missing: run script/build"
  folder=$(mktemp -d) && folders+=("$folder")
  if [[ $1 == http ]]; then
    if [[ -n $given ]]; then url=$given; else example "$2"; fi
    server="{ url: \"$url\" }"
  else
    [[ -z $2 ]] || list=", --revisions, \"$2\""
    server="{ command: [\"$(realpath "$build/examples/conformance_server")\"$list], sandbox: { read: [\"$PWD/examples/conformance_server\"] } }"
  fi
  port=$(free_port)
  printf 'listen: 127.0.0.1:%s\nstore: sqlite:./gatehouse.db\nservers:\n  fixture: %s\n' "$port" "$server" >"$folder/gatehouse.yaml"
  serve "$port" "conformance_gateway-$1${2:+-$2}.log" "$build/gatehouse" serve --config "$folder/gatehouse.yaml"
  url=http://localhost:$port/mcp/s/fixture
}

# One run of the suite, and its count. Its exit status forgives what is not scored; the counts do not.
run_suite() { # SIDE RUN [PLACE]: against $url; PLACE names what stands between
  local side=$1 run=$2 suite=@modelcontextprotocol/conformance pick=(--suite all) target out name
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
  name=$side-$run${3:+-${3// /-}}
  out=build/conformance/$name
  rm -rf "$out"
  mkdir -p "$out"
  timeout 900 "$node_bin" "tests/npm/node_modules/$suite/dist/index.js" "$side" "${target[@]}" "${pick[@]}" -o "$out" \
    >"build/logs/conformance-$name.log" 2>&1 || true
  "$node_bin" tests/conformance/count.mjs ${verbose[@]+"${verbose[@]}"} ${floor[@]+"${floor[@]}"} "$side" "$run${3:+ $3}" "$out"
}

status=0
direct() { # SIDE
  if [[ $1 == server ]]; then
    if [[ -n $given ]]; then url=$given; else example ''; fi
  elif [[ ! -x $build/examples/conformance_client ]]; then
    die "$build/examples/conformance_client is missing: run script/build"
  fi
  local run all=(2026-07-28 2025-11-25 all 0.1.16)
  ((${#runs[@]} == 0)) || all=("${runs[@]}")
  for run in "${all[@]}"; do run_suite "$1" "$run" || status=1; done
  stop_all
}

behind() { # KIND UPSTREAM-REVISIONS RUN…
  local kind=$1 revisions=$2 run
  shift 2
  gateway "$kind" "$revisions"
  for run in "$@"; do run_suite server "$run" "through $kind${revisions:+ to $revisions}" || status=1; done
  stop_all
}

if ((${#through[@]})); then
  ((${#runs[@]})) || runs=(2026-07-28 2025-11-25)
  behind "${through[0]}" "$upstream_revisions" "${runs[@]}"
  exit "$status"
fi
everything=0
((${#sides[@]})) || { sides=(server client) everything=1; }
for side in "${sides[@]}"; do direct "$side"; done
# Of each suite: before an upstream of every revision, of its own era, and of the other era.
before=("2026-07-28 " "2025-11-25 " "2025-11-25 2025-11-25" "2026-07-28 2025-11-25" "2025-11-25 2026-07-28")
if ((everything)); then
  for kind in http stdio; do
    for pair in "${before[@]}"; do
      run=${pair% *}
      [[ ${#runs[@]} == 0 || ${runs[0]} == "$run" ]] && behind "$kind" "${pair#* }" "$run"
    done
  done
fi
exit "$status"
