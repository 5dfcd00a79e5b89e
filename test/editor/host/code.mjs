#!/usr/bin/env node
// The executable that stands in for VS Code's own: `runTests({ vscodeExecutablePath: '…/code.mjs' })`.
// It only makes Node read TypeScript; the work is in main.ts.
import { createRequire } from 'node:module';
import { register } from 'tsx/cjs/api';

register();
const { main } = createRequire(import.meta.url)('./main.ts');
await main(process.argv.slice(2));
