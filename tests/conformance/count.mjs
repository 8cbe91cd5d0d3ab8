// Reads the checks.json files that the conformance suite left in a folder, prints one line, and holds them against the floor.
// Usage: node count.mjs [-v] [--floor FILE] SIDE RUN FOLDER
// The floor file says per "SIDE RUN": how many checks and scenarios must at least be good, and how many checks may at most have failed,
// warned or been skipped (absent: not held).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const args = process.argv.slice(2);
const verbose = args.includes('-v');
const floorAt = args.indexOf('--floor');
const floorFile = floorAt >= 0 ? args[floorAt + 1] : undefined;
const [side, run, folder] = args.filter((arg, i) => arg !== '-v' && i !== floorAt && (floorAt < 0 || i !== floorAt + 1));
if (!folder) {
  console.error('usage: count.mjs [-v] [--floor FILE] SIDE RUN FOLDER');
  process.exit(2);
}

const scenarios = [];
for (const entry of readdirSync(folder, { recursive: true })) {
  if (path.basename(entry) !== 'checks.json') continue;
  const read = JSON.parse(readFileSync(path.join(folder, entry), 'utf8'));
  const checks = Array.isArray(read) ? read : read.checks;
  const with_ = (status) => checks.filter((c) => c.status === status);
  scenarios.push({
    name: path.dirname(entry).replace(/-\d{4}-\d\d-\d\dT.*$/, ''),
    ok: with_('SUCCESS').length, failed: with_('FAILURE'), warned: with_('WARNING'), skipped: with_('SKIPPED'),
  });
}
scenarios.sort((a, b) => a.name.localeCompare(b.name));

const sum = (what) => scenarios.reduce((n, s) => n + (s[what].length ?? s[what]), 0);
const good = scenarios.filter((s) => s.failed.length === 0).length;
const counts = { checks: sum('ok'), scenarios: good, failed: sum('failed'), warned: sum('warned'), skipped: sum('skipped') };
console.log(`conformance ${side} ${run}: scenarios ${good}/${scenarios.length}, checks ok ${counts.checks} fail ${counts.failed} ` +
  `warn ${counts.warned} skip ${counts.skipped}`);
if (verbose) {
  for (const what of ['failed', 'warned', 'skipped']) {
    for (const scenario of scenarios.filter((s) => s[what].length)) {
      console.log(`  ${what}: ${scenario.name}`);
      for (const check of scenario[what])
        console.log(`    ${check.id}: ${String(check.errorMessage ?? check.description ?? '').replace(/\s+/g, ' ').slice(0, 200)}`);
    }
  }
}

const floor = floorFile && JSON.parse(readFileSync(floorFile, 'utf8'))[`${side} ${run}`];
let bad = scenarios.length === 0;
if (bad) console.log('  the suite left no results');
for (const what of ['checks', 'scenarios']) {
  if (floor && counts[what] < floor[what]) {
    bad = true;
    console.log(`  below the floor: ${counts[what]} good ${what}, and there were ${floor[what]} before (tests/conformance/floor.json)`);
  } else if (floor && counts[what] > floor[what]) {
    console.log(`  above the floor of ${floor[what]} good ${what}: raise it in tests/conformance/floor.json`);
  }
}
for (const what of ['failed', 'warned', 'skipped']) {
  if (floor?.[what] !== undefined && counts[what] > floor[what]) {
    bad = true;
    console.log(`  too many: ${counts[what]} checks ${what}, at most ${floor[what]} may be (tests/conformance/floor.json)`);
  }
}
process.exit(bad ? 1 : 0);
