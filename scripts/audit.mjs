// `npm run audit`: are there known vulnerabilities in what we ship, or in what we build and test with? Exit code 0: none
// known; 1: some, listed; 2: the registry does not answer, so nobody knows.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const shell = process.platform === 'win32';
const { stdout, stderr, error } = spawnSync('npm', ['audit', '--json'], { cwd: root, shell, encoding: 'utf8' });

function answer() {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

const report = answer();
if (!report?.metadata?.vulnerabilities) {
  const cause = report?.message ?? report?.error?.summary ?? error?.message ?? stderr.trim().split('\n').at(-1);
  console.error(`audit: not known, the registry gives no advisories (${cause || 'no answer'}). Run it where it does.`);
  process.exit(2);
}
const { total } = report.metadata.vulnerabilities;
for (const { name, severity, range, fixAvailable } of Object.values(report.vulnerabilities ?? {})) {
  const remedy = fixAvailable ? '`npm update` or a newer version mends it' : 'nothing mends it yet';
  console.error(`audit: ${name} ${range}: ${severity}; ${remedy}`);
}
console.log(
  `audit: ${total === 0 ? 'no known vulnerability' : `${total} known`} in ${report.metadata.dependencies?.total ?? 'all'} packages`,
);
process.exitCode = total === 0 ? 0 : 1;
