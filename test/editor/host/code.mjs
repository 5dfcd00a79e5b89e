#!/usr/bin/env node
// The executable that stands in for VS Code's own: `runTests({ vscodeExecutablePath: '…/code.mjs' })`.
// It only makes Node read TypeScript; the work is in main.ts.
import { require as requireTypeScript } from 'tsx/cjs/api';

const { main } = requireTypeScript('./main.ts', import.meta.url);
await main(process.argv.slice(2));
