// Runs cases of other checkers: npm run peers -- FOLDER… [--write]
// A FOLDER holds cases, or folders of cases. With --write the numbers go to docs/peers.md.
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type PeerCase, readPeerCases } from './cases';
import { type Comparison, compare } from './compare';
import { report } from './report';

const folders = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (folders.length === 0) {
  console.error('npm run peers -- FOLDER… [--write]\n\nA folder holds cases, or folders of cases.');
  process.exit(2);
}
const cases = folders.flatMap((folder): PeerCase[] => {
  const own = readPeerCases(folder);
  if (own.length > 0) return own;
  return readdirSync(folder)
    .map((name) => path.join(folder, name))
    .filter((place) => statSync(place).isDirectory())
    .flatMap(readPeerCases);
});
const comparisons: readonly Comparison[] = cases.map(compare);
for (const { verdict, peerCase, differences } of comparisons) {
  if (verdict === 'open')
    console.log(`${peerCase.peer}/${peerCase.name}\n${differences.map((each) => `    ${each}`).join('\n')}`);
}
const text = report(comparisons);
console.log(`\n${text.slice(text.indexOf('| peer'), text.indexOf('\n\n', text.indexOf('| peer')))}`);
if (process.argv.includes('--write')) writeFileSync(path.join(__dirname, '../../docs/peers.md'), text);
process.exitCode = comparisons.some(({ verdict }) => verdict === 'open') ? 1 : 0;
