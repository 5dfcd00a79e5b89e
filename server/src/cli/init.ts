// `mutual init`: writes a mutual.yaml in which everything is explained and nothing is set.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import { EXIT, UserError } from './errors';
import { write } from './terminal';

/** Every field, in comments. Without the comment signs it is a configuration without a problem. */
export const CONFIGURATION_TEMPLATE = `# What Mutual is told of this repository. Everything here is optional. Command line flags and the settings of an editor
# go before it. All fields: docs/configuration.md

# Severities by rule: error, warning, information, hint or off. "mutual check" prints the ids behind each finding.
#severity:
#  permissive-left-on: error
#  destination-rule-missing: off

# Report services without a DestinationRule: auto (only where auto mTLS is off), always or never.
#requireDestinationRule: auto

# The version of Istio that the manifests are meant for.
#istioVersion: "1.28"

# Facts about the cluster that no manifest shows.
#assume:
#  injectedNamespaces: [shop, finance]
#  rootNamespace: istio-system
#  trustDomain: cluster.local
#  clusterDomain: cluster.local
#  autoMtls: auto
#  revisions: [default]
#  ambient: false

# Files and folders that are not deployed. What .gitignore names never counts.
#exclude:
#  - "**/test/**"
#  - old/*.yaml

# Which files are deployed together, where that is not as "mutual table" shows it.
#meshes:
#  - name: prod
#    files: [base/**, clusters/prod/**]
#    assume:
#      trustDomain: prod.example.com

# Problems that are known: "mutual check --write-baseline FILE" writes them.
#baseline: mutual-baseline.json
`;

/** Adds the command. */
export function addInit(program: Command, done: (code: number) => void): void {
  program
    .command('init')
    .summary('write a mutual.yaml to begin with')
    .description(
      `Write a ${CONFIGURATION_NAME} that explains every field and sets none. A file that is there is left alone.`,
    )
    .argument('[FOLDER]', 'where to write it', '.')
    .addHelpText(
      'after',
      `
Examples:
  mutual init
  mutual init deploy/

Exit codes:
  0  it was written
  2  there is one already, or it cannot be written`,
    )
    .action(async (folder: string) => done(await init(folder)));
}

async function init(folder: string): Promise<number> {
  const file = join(folder, CONFIGURATION_NAME);
  try {
    await writeFile(file, CONFIGURATION_TEMPLATE, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UserError(`${file} is there already. It was left as it is.`);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new UserError(`${folder}: no such folder. Make it first: mkdir -p ${folder}`);
    throw new UserError(`${file}: cannot be written (${code ?? String(error)}). Give yourself write access.`);
  }
  await write(process.stdout, `wrote ${file}: every field in a comment, none set\n`);
  return EXIT.ok;
}
