// Tests that run in Node: `npx mocha 'test/unit/**/*.test.ts'`; the ones inside a real VS Code have a launcher of their own (test/editor/run.ts).
module.exports = {
  require: ['tsx/cjs'],
  reporter: './test/support/reporter.cjs',
  timeout: 30_000,
};
