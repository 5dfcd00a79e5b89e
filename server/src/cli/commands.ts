// What each command does: reads the input, asks the engine, prints the report, gives the exit code.

import type { Report } from '../report/diagnostics';
import type { Style } from '../report/style';
import type { RuleErrorHandler } from '../rules/index';
import type { Problem, Severity } from '../rules/rule';
import { plainText } from '../words/plain';
import type { Snapshot } from '../workspace/workspace';
import type { BaselineOptions } from './baseline';
import type { Changed } from './changed';
import { type CommonOptions, inputOptions, ruleOptions } from './common-options';
import { EXIT, internalErrorText, suggestion, UserError } from './errors';
import { type Input, readGiven, readInput, understand } from './input';
import { styleFor, widthOf, write } from './terminal';

/** What `--format` of `check` takes. */
export const CHECK_FORMATS = ['text', 'json', 'github', 'sarif', 'junit', 'gitlab'] as const;
type CheckFormat = (typeof CHECK_FORMATS)[number];

export interface CheckOptions extends CommonOptions, BaselineOptions {
  readonly format: CheckFormat;
  readonly failOn: 'error' | 'warning' | 'never';
  readonly requireDestinationRule?: 'auto' | 'always' | 'never';
  readonly severity?: Readonly<Record<string, Severity | 'off'>>;
  readonly all?: boolean;
  /** Print the table of `mutual table` below. */
  readonly table?: boolean;
  /** False with `--no-cache`. */
  readonly cache?: boolean;
  readonly verbose?: boolean;
  /** Only what a change makes: since this revision, or since the default one where true. */
  readonly changed?: string | true;
}

export interface TableOptions extends CommonOptions {
  readonly format: 'text' | 'json';
  readonly namespace?: string;
  readonly all?: boolean;
}

export interface ExplainOptions extends CommonOptions {
  readonly format: 'text' | 'json';
  readonly subset?: string;
}

const read = (paths: readonly string[], options: CommonOptions): Promise<Input> =>
  readInput(paths, inputOptions(options));

/**
 * `mutual check`: problems, and 1 when there are some at or above `--fail-on`.
 * @param version Mutual's own, for reports that name it
 */
export async function check(paths: readonly string[], options: CheckOptions, version: string): Promise<number> {
  const { changed } = options;
  if (changed === undefined) {
    const given = await readGiven(paths, inputOptions(options));
    const { fromCache } = await import('./check-cache');
    return fromCache(given, options, async () =>
      checkInput(await understand(given, inputOptions(options)), options, version),
    );
  }
  const { readChanged } = await import('./changed');
  const since = await readChanged(changed, paths, inputOptions(options));
  return checkInput(since.input, options, version, since);
}

async function checkInput(input: Input, options: CheckOptions, version: string, since?: Changed): Promise<number> {
  const { checkSnapshot } = await import('../rules/index');
  const { makeReport, reaches } = await import('../report/diagnostics');
  const rules = ruleOptions(options);
  const { snapshot, fileOf, nameOf } = input;
  // a rule that throws keeps the others from nothing, but the run has then failed
  const failures: string[] = [];
  const onError: RuleErrorHandler = (error, rule) => failures.push(internalErrorText(error, `in rule ${rule.id}`));
  const checkOf = (each: Snapshot): Problem[] => checkSnapshot(each, rules, undefined, onError);
  const found = since ? await since.introduced(checkOf(snapshot), checkOf) : checkOf(snapshot);
  const { applyBaseline, namedBaseline } = await import('./baseline');
  const sorted = await applyBaseline(found, input, options);
  const report = makeReport(sorted.left, snapshot, fileOf, nameOf);
  const code = (): number => {
    if (failures.length > 0) return EXIT.internal;
    if (reaches(report, options.failOn)) return EXIT.findings;
    return input.complete ? EXIT.ok : EXIT.usage;
  };
  if (options.format === 'sarif') {
    const { sarifOf } = await import('./sarif');
    const baseline = (options.baseline ?? options.writeBaseline ?? namedBaseline(options)) !== undefined;
    const run = { input, sorted, rules, assume: inputOptions(options).assume, all: options.all ?? false, baseline };
    await printJson(sarifOf({ ...run, version, failures, onError, code }));
  } else await printReport(report, input, options, failures);
  for (const text of failures) await write(process.stderr, text);
  return code();
}

async function printReport(
  report: Report,
  input: Input,
  options: CheckOptions,
  failures: readonly string[],
): Promise<void> {
  const all = options.all ?? false;
  const { snapshot } = input;
  switch (options.format) {
    case 'json': {
      const { reportJson } = await import('../report/diagnostics');
      await printJson(reportJson(report));
      break;
    }
    case 'github': {
      const { diagnosticsGithub } = await import('../report/diagnostics-github');
      await write(process.stdout, diagnosticsGithub(report, all));
      break;
    }
    case 'gitlab': {
      const { diagnosticsGitlab } = await import('../report/diagnostics-gitlab');
      await printJson(diagnosticsGitlab(report, all));
      break;
    }
    case 'junit': {
      const { diagnosticsJunit } = await import('../report/diagnostics-junit');
      const files = [...snapshot.files.keys()].map(input.fileOf);
      await write(process.stdout, diagnosticsJunit(report, { files, all, failures }));
      break;
    }
    case 'text': {
      const { diagnosticsText } = await import('../report/diagnostics-text');
      const text = diagnosticsText(report, snapshot, { style: style(), all, quiet: options.quiet ?? false });
      await write(process.stdout, text);
      if (options.table) await printTableBelow(input);
    }
  }
}

/** The table under a report, for people who look at a workspace for the first time. */
async function printTableBelow(input: Input): Promise<void> {
  const { meshTable } = await import('../report/table');
  await write(process.stdout, '\n');
  await printTables(
    input.snapshot.meshes.map((view) => meshTable(view, {})),
    input,
    { format: 'text' },
  );
}

/** `mutual table`: a row for each service port and each way in which clients fare. */
export async function table(paths: readonly string[], options: TableOptions): Promise<number> {
  const input = await read(paths, options);
  const { meshTable } = await import('../report/table');
  const { namespace } = options;
  const tables = input.snapshot.meshes.map((view) => meshTable(view, { namespace }));
  const readable = await reportSyntax(input);
  if (namespace !== undefined && tables.every(({ rows }) => rows.length === 0)) {
    const { nearest } = await import('../report/find');
    const known = input.snapshot.meshes.flatMap(({ mesh }) => mesh.services.map((service) => service.namespace));
    throw new UserError(`no service in namespace ${namespace}.${suggestion(nearest(namespace, known), known)}`);
  }
  await printTables(tables, input, options);
  return exitOf(input, readable);
}

/** `mutual tls-check`: the table of one client and one host, or of all where they are left out. */
export async function tlsCheck(
  source: string | undefined,
  destination: string | undefined,
  paths: readonly string[],
  options: TableOptions,
): Promise<number> {
  const input = await read(paths, options);
  const readable = await reportSyntax(input);
  const { selectConnections } = await import('./select');
  const { meshTable } = await import('../report/table');
  const tables = selectConnections(input.snapshot, source, destination).map(({ view, client, service, port }) => {
    const found = meshTable(view, { client, services: service && [service] });
    return port ? { ...found, rows: found.rows.filter((row) => row.port === port) } : found;
  });
  await printTables(
    tables,
    input,
    { ...options, all: options.all || (source !== undefined && destination !== undefined) },
    source !== undefined,
  );
  return exitOf(input, readable);
}

/** `mutual explain`: one connection step by step. */
export async function explain(
  client: string,
  target: string,
  paths: readonly string[],
  options: ExplainOptions,
): Promise<number> {
  const input = await read(paths, options);
  const readable = await reportSyntax(input);
  const { selectConnections, requirePort } = await import('./select');
  const { explainConnection } = await import('../words/explain');
  const { explainText } = await import('../report/explain');
  const { explainJson } = await import('../report/explain-json');
  const { snapshot, fileOf, nameOf } = input;
  const found = selectConnections(snapshot, client, target).map((selection) => {
    const { view, client, service } = selection;
    const explanation = explainConnection(view, client!, service!, requirePort(selection), options.subset);
    if (explanation) return { explanation, mesh: nameOf(view.name) };
    const rule = view.mtls.ruleFor(client!, service!);
    const subsets = rule?.subsets.map(({ subset }) => subset.name) ?? [];
    if (options.subset === undefined)
      throw new UserError(
        `clients like ${client!.namespace}/${client!.name} reach another service under the host ${service!.host}.`,
      );
    throw new UserError(
      `no subset ${options.subset} of ${service!.host} for this client. ${subsets.length > 0 ? `Its rule has: ${subsets.join(', ')}.` : 'It has no rule with subsets.'}`,
    );
  });
  if (options.format === 'json') {
    const values = found.map(({ explanation, mesh }) => ({
      mesh,
      ...(explainJson(explanation, snapshot, fileOf) as object),
    }));
    await printJson({ explanations: values });
  } else {
    const several = new Map<string, string[]>();
    for (const { explanation, mesh } of found) {
      const text = explainText(explanation, snapshot, fileOf, style());
      several.set(text, [...(several.get(text) ?? []), mesh]);
    }
    const blocks = [...several].map(([text, names]) => (several.size > 1 ? `${names.join('\n')}\n${text}` : text));
    await write(process.stdout, blocks.join('\n'));
  }
  return exitOf(input, readable);
}

async function printTables(
  tables: readonly import('../report/table').MeshTable[],
  { snapshot, fileOf, nameOf }: Input,
  options: TableOptions,
  oneClient = false,
): Promise<void> {
  const name = (found: import('../report/table').MeshTable): string => nameOf(found.view.name);
  if (options.format === 'json') {
    const { tableJson } = await import('../report/table-json');
    await printJson(tableJson(tables, snapshot, fileOf, name));
    return;
  }
  const { tableText } = await import('../report/table-text');
  const text = tableText(tables, {
    style: style(),
    width: widthOf(process.stdout),
    all: options.all ?? false,
    quiet: options.quiet ?? false,
    nameOf: name,
    oneClient,
  });
  await write(process.stdout, text === '' ? 'no services in these manifests\n' : text);
}

/** Tells of YAML that cannot be read, which commands other than `check` pass over; gives false if there is some. */
async function reportSyntax({ snapshot, fileOf }: Input): Promise<boolean> {
  const { yamlSyntax } = await import('../rules/yaml-syntax');
  const { rangeIn } = await import('../report/location');
  let readable = true;
  for (const file of snapshot.files.values()) {
    for (const finding of yamlSyntax.checkFile?.(file, snapshot) ?? []) {
      if ((finding.severity ?? yamlSyntax.severity) !== 'error') continue;
      readable = false;
      const { line, character } = rangeIn(snapshot, finding.uri, finding.range).start;
      const place = `${fileOf(finding.uri)}:${line + 1}:${character + 1}`;
      await write(process.stderr, `mutual: ${place}: ${plainText(finding.message)} ${yamlSyntax.remedy}\n`);
    }
  }
  return readable;
}

function exitOf(input: Input, readable: boolean): number {
  return input.complete && readable ? EXIT.ok : EXIT.usage;
}

function style(): Style {
  return styleFor(process.stdout);
}

async function printJson(value: unknown): Promise<void> {
  await write(process.stdout, `${JSON.stringify(value, null, 2)}\n`);
}
