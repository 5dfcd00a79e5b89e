// The command line's entry: starts fast, turns errors into exit codes, and leaves pipes alone.
import { EXIT, UserError } from './errors';
import { endQuietlyOnClosedPipe, write } from './terminal';

/** Set by the bundler. */
declare const MUTUAL_VERSION: string | undefined;

async function main(args: readonly string[]): Promise<number> {
  const version = typeof MUTUAL_VERSION === 'string' ? MUTUAL_VERSION : '0.0.0';
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    await write(process.stdout, `${version}\n`);
    return EXIT.ok;
  }
  const { runProgram } = await import('./program');
  if (args.length === 0) {
    await runProgram(['--help'], version);
    return EXIT.usage;
  }
  return runProgram(args, version);
}

/** One message, and how to pass it on. */
async function reportError(error: unknown): Promise<number> {
  if (error instanceof UserError) {
    await write(process.stderr, `mutual: ${error.message}\n`);
    return EXIT.usage;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const hint =
    'This is a mistake of Mutual, not yours. Report it with the lines above and the manifests, if you may show them.';
  await write(process.stderr, `mutual: internal error: ${details}\n${hint}\n`);
  return EXIT.internal;
}

endQuietlyOnClosedPipe();
main(process.argv.slice(2))
  .catch(reportError)
  .then((code) => {
    process.exitCode = code;
  });
