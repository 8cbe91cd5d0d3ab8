#!/usr/bin/env bash
# Runs the official conformance suite against a server of another SDK, alone and behind the gateway, and fails where it does worse behind.
# Usage: tests/conformance/others.sh [--build DIR]
# The server: the Go SDK's own conformance server, as the Go module proxy has it. Skipped, with its reason, where there is no Go.
set -euo pipefail
source "$(dirname "$0")/../../script/lib.sh"

build=build
while (($#)); do
  case $1 in
    -h | --help) show_help; exit 0 ;;
    --build) build=${2:?}; shift ;;
    *) usage_error "unknown argument '$1'" ;;
  esac
  shift
done
readonly go_server=github.com/modelcontextprotocol/go-sdk/conformance/everything-server@v1.7.0
readonly port=3907
command -v go >/dev/null || { say "skipped: no Go here, which builds the server"; record conformance-others 0 0 1; exit 0; }

bin=build/others log=build/logs/others
mkdir -p "$bin" "$log"
[[ -x $bin/everything-server ]] || GOBIN=$PWD/$bin go install "$go_server" || { say "skipped: $go_server cannot be had"; record conformance-others 0 0 1; exit 0; }

server=''
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true' EXIT

# counts FILE: the numbers of checks that passed and failed.
counts() { sed -nE 's/.*scenarios [0-9]+\/[0-9]+, checks ok ([0-9]+) fail ([0-9]+).*/\1 \2/p' "$1"; }

passed=0 failed=0
for revision in 2026-07-28 2025-11-25; do
  [[ $revision == 2026-07-28 ]] && stateless=true || stateless=false
  "$bin/everything-server" -http="127.0.0.1:$port" -stateless="$stateless" >"$log/server-$revision" 2>&1 &
  server=$!
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do kill -0 "$server" 2>/dev/null || die "the Go server ended: $log/server-$revision"; done
  tests/conformance/run.sh --build "$build" -v --url "http://127.0.0.1:$port/" --revision "$revision" >"$log/alone-$revision" 2>&1 || true
  tests/conformance/run.sh --build "$build" -v --through http --url "http://127.0.0.1:$port/" --revision "$revision" >"$log/behind-$revision" 2>&1 || true
  kill "$server"; wait "$server" 2>/dev/null || true
  server=''
  read -r alone_ok alone_fail < <(counts "$log/alone-$revision") || die "no counts: see $log/alone-$revision"
  read -r behind_ok behind_fail < <(counts "$log/behind-$revision") || die "no counts: see $log/behind-$revision"
  say "Go SDK, $revision: alone $alone_ok ok, $alone_fail failed; behind the gateway $behind_ok ok, $behind_fail failed"
  if ((behind_ok >= alone_ok && behind_fail <= alone_fail)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
record conformance-others "$passed" "$failed" 0
((failed == 0))
