// The command line's entry: starts fast, turns errors into exit codes, and leaves pipes alone.
import { EXIT, internalErrorText, UserError } from './errors';
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

/** One message for a mistake, whoever made it; gives the exit code. */
async function reportError(error: unknown): Promise<number> {
  if (error instanceof UserError) {
    await write(process.stderr, `mutual: ${error.message}\n`);
    return EXIT.usage;
  }
  await write(process.stderr, internalErrorText(error));
  return EXIT.internal;
}

endQuietlyOnClosedPipe();
process.on('uncaughtException', (error) => void reportError(error).then((code) => process.exit(code)));
main(process.argv.slice(2))
  .catch(reportError)
  .then((code) => {
    process.exitCode = code;
  });
