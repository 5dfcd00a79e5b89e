// Mocha's spec output, and the counts of the run in the file that `npm test` adds up.
const { appendFileSync } = require('node:fs');
const Mocha = require('mocha');

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.MUTUAL_TEST_COUNTS;
      const { passes, failures, pending } = runner.stats;
      const counts = { suite: 'mocha', passed: passes, failed: failures, skipped: pending };
      if (file) appendFileSync(file, `${JSON.stringify(counts)}\n`);
    });
  }
}
module.exports = CountingReporter;
