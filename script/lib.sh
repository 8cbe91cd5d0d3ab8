# shellcheck shell=bash
# What the scripts share. Source it first: it moves to the top of the checkout.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8

results_dir=build/results
node_bin=tests/npm/node_modules/.bin/node

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
usage_error() { printf '%s: %s (see %s --help)\n' "${0##*/}" "$1" "$0" >&2; exit 2; }

# The comment block at the top of a script is its help text.
show_help() { awk 'NR > 1 && !/^#/ {exit} NR > 1 {sub(/^# ?/, ""); print}' "$0"; }

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }
took() { local ms=$(($(now_ms) - $1)); printf '%d.%01d s' $((ms / 1000)) $((ms % 1000 / 100)); }

# stage NAME COMMAND…: runs it, says how long it took, returns its status.
stage() {
  local name=$1 start status=0
  shift
  start=$(now_ms)
  say "== $name"
  "$@" || status=$?
  if ((status == 0)); then say "== $name: done in $(took "$start")"; else say "== $name: FAILED (status $status) after $(took "$start")"; fi
  return "$status"
}

# Counts of one suite: record SUITE PASSED FAILED SKIPPED. totals prints the sum, and fails if anything failed.
reset_results() { rm -rf "$results_dir"; mkdir -p "$results_dir"; }
record() { mkdir -p "$results_dir"; say "$2 $3 $4" >"$results_dir/$1.counts"; }
record_tap() { # SUITE TAP-FILE STATUS: the counts that node's test runner left
  local key n=() failed
  for key in pass fail cancelled skipped todo; do n+=("$(awk -v key="$key" '$1 == "#" && $2 == key {n = $3} END {print n + 0}' "$2")"); done
  failed=$((n[1] + n[2]))
  (($3 == 0 || failed > 0)) || failed=1
  record "$1" "${n[0]}" "$failed" $((n[3] + n[4]))
}
recorded() { [[ -f $results_dir/$1.counts ]]; }
list_results() {
  local file
  for file in "$results_dir"/*.counts; do
    [[ -f $file ]] || continue
    read -r p f s <"$file"
    printf '  %-28s %5d passed %4d failed %4d skipped\n' "$(basename "$file" .counts)" "$p" "$f" "$s"
  done
}
totals() {
  local file p f s passed=0 failed=0 skipped=0
  for file in "$results_dir"/*.counts; do
    [[ -f $file ]] || continue
    read -r p f s <"$file"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  done
  say "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0 && passed > 0))
}

# check SUITE COMMAND…: a stage that counts as one test.
check() {
  local suite=$1
  shift
  if stage "$suite" "$@"; then record "$suite" 1 0 0; else record "$suite" 0 1 0; return 1; fi
}

# Stamps: is_current STAMP KEY says whether KEY was the last one that set_stamp wrote there.
hash_of() { cat -- "$@" 2>/dev/null | sha256sum | cut -c1-32; }
is_current() { [[ -f $1 && $(<"$1") == "$2" ]]; }
set_stamp() { mkdir -p "$(dirname "$1")"; printf '%s' "$2" >"$1"; }

# Compile jobs: one per core, fewer where memory is short (1.5 GB each).
jobs() {
  local cores mem
  cores=$(nproc)
  mem=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null || echo "$cores")
  ((mem < 1)) && mem=1
  echo $((cores < mem ? cores : mem))
}

free_port() { "$node_bin" -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
