// Where the reference cases are that do not belong to the project: one setting, MUTUAL_SHARED, `../shared` unless set.
import { existsSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(__dirname, '../..', process.env.MUTUAL_SHARED ?? '../shared');

/** The path of a shared file or folder, or undefined after saying loudly what is not tested without it. */
export function shared(name: string): string | undefined {
  const file = path.join(folder, name);
  if (existsSync(file)) return file;
  console.error(`\n*** NOT TESTED: ${name} is missing. Set MUTUAL_SHARED to the folder that holds it. ***\n`);
  return undefined;
}
