// Reads the checks.json files that the conformance suite left in a folder, prints one line, and holds them against the floor.
// Usage: node count.mjs [-v] [--floor FILE] KIND REVISION FOLDER
// The floor file says per "KIND REVISION" how many checks and scenarios must at least be good: fewer is a failure.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const args = process.argv.slice(2);
const verbose = args.includes('-v');
const floorAt = args.indexOf('--floor');
const floorFile = floorAt >= 0 ? args[floorAt + 1] : undefined;
const [kind, revision, folder] = args.filter((arg, i) => arg !== '-v' && i !== floorAt && (floorAt < 0 || i !== floorAt + 1));
if (!folder) {
  console.error('usage: count.mjs [-v] [--floor FILE] KIND REVISION FOLDER');
  process.exit(2);
}

const scenarios = [];
for (const entry of readdirSync(folder, { recursive: true })) {
  if (path.basename(entry) !== 'checks.json') continue;
  const read = JSON.parse(readFileSync(path.join(folder, entry), 'utf8'));
  const checks = Array.isArray(read) ? read : read.checks;
  scenarios.push({
    name: path.dirname(entry).replace(/-\d{4}-\d\d-\d\dT.*$/, ''),
    ok: checks.filter((c) => c.status === 'SUCCESS').length,
    failed: checks.filter((c) => c.status === 'FAILURE'),
  });
}
scenarios.sort((a, b) => a.name.localeCompare(b.name));

const good = scenarios.filter((s) => s.failed.length === 0).length;
const ok = scenarios.reduce((sum, s) => sum + s.ok, 0);
const failed = scenarios.reduce((sum, s) => sum + s.failed.length, 0);
console.log(`conformance ${kind} ${revision}: scenarios ${good}/${scenarios.length}, checks ok ${ok} fail ${failed}`);
if (verbose) {
  for (const { name, failed } of scenarios.filter((s) => s.failed.length)) {
    console.log(`  ${name}`);
    for (const check of failed) console.log(`    ${check.id}: ${String(check.errorMessage ?? check.description ?? '').slice(0, 200)}`);
  }
}

const floor = floorFile && JSON.parse(readFileSync(floorFile, 'utf8'))[`${kind} ${revision}`];
let below = scenarios.length === 0;
if (below) console.log('  the suite left no results');
for (const [what, is] of [['checks', ok], ['scenarios', good]]) {
  if (floor && is < floor[what]) {
    below = true;
    console.log(`  below the floor: ${is} good ${what}, and there were ${floor[what]} before (tests/conformance/floor.json)`);
  } else if (floor && is > floor[what]) {
    console.log(`  above the floor of ${floor[what]} good ${what}: raise it in tests/conformance/floor.json`);
  }
}
process.exit(below ? 1 : 0);
