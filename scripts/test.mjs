#!/usr/bin/env node
// `npm test`: every check of the project, one after the other, and the counts of all on the last line. A step that
// fails does not keep the later ones from running.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const steps = [
  { name: 'format and lint', command: ['npx', 'biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['npx', 'tsc', '-b'] },
  {
    name: 'rooms import only from rooms above',
    command: ['npx', 'depcruise', '--config', '.dependency-cruiser.cjs', 'server/src', 'client/src'],
  },
  { name: 'nothing unused', command: ['npx', 'knip', '--no-progress'] },
  { name: 'build', command: ['node', 'scripts/build.mjs'] },
  {
    name: 'unit, property, conformance, command line and protocol tests',
    command: ['npx', 'mocha', 'test/{unit,properties,conformance,cli,protocol}/**/*.test.ts'],
    counts: true,
  },
  { name: 'speed beside peers', command: ['npx', 'tsx', 'bench/run.ts', '--short'] },
  { name: 'tests in a real VS Code', command: ['npx', 'tsx', 'test/editor/run.ts'], counts: true },
  {
    name: 'tests in the web worker of a real VS Code',
    command: ['npx', 'tsx', 'test/editor/run.ts', '--web', '--no-build'],
    counts: true,
  },
  { name: 'package', command: ['npm', 'run', '-s', 'package'] },
  {
    name: 'packaged extension in a clean VS Code',
    command: ['npx', 'tsx', 'test/editor/run.ts', '--vsix', 'mutual-istio.vsix'],
    counts: true,
  },
];

const only = process.argv.slice(2);
const place = mkdtempSync(path.join(os.tmpdir(), 'mutual-test-'));
const countsFile = path.join(place, 'counts.jsonl');
let passed = 0;
let failed = 0;
let skipped = 0;
const broken = [];
for (const step of steps) {
  if (only.length > 0 && !only.some((word) => step.name.includes(word))) continue;
  console.log(`\n== ${step.name}`);
  rmSync(countsFile, { force: true });
  const started = Date.now();
  const [program, ...args] = step.command;
  const { status, error } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, MUTUAL_TEST_COUNTS: countsFile },
  });
  const counts = existsSync(countsFile)
    ? readFileSync(countsFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  const sum = (name) => counts.reduce((total, each) => total + (each[name] ?? 0), 0);
  passed += sum('passed');
  failed += sum('failed');
  skipped += sum('skipped');
  // a step without counts of its own is one check; one that ran no test has failed
  const ok = status === 0 && !error && (!step.counts || sum('passed') > 0);
  if (!step.counts || (!ok && sum('failed') === 0)) ok ? passed++ : failed++;
  if (!ok) broken.push(step.name);
  console.log(
    `   ${ok ? 'ok' : `FAILED${error ? `: ${error.message}` : ` with exit code ${status}`}`} after ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
}
rmSync(place, { recursive: true, force: true });
if (broken.length > 0) console.log(`\nfailed: ${broken.join('; ')}`);
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = broken.length === 0 && failed === 0 && passed > 0 ? 0 : 1;
