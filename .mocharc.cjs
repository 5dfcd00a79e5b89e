// Tests that run in Node; the ones inside a real VS Code have a launcher of their own (test/editor/run.ts).
module.exports = {
  require: ['tsx/cjs'],
  spec: ['test/{unit,conformance,cli,protocol}/**/*.test.ts'],
  reporter: './test/support/reporter.cjs',
  timeout: 30_000,
};
