// Real repositories, read as the command line reads them, and asked as a user asks.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { hover } from '../../server/src/features/hover';
import type { Assumptions } from '../../server/src/mesh/settings';
import type { Workload } from '../../server/src/mesh/workload';
import { explainText } from '../../server/src/report/explain';
import { findClients, findPort, findService, splitHostPort } from '../../server/src/report/find';
import { PLAIN } from '../../server/src/report/style';
import { meshTable } from '../../server/src/report/table';
import { checkSnapshot } from '../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../server/src/rules/rule';
import { explainConnection } from '../../server/src/words/explain';
import { shortName } from '../../server/src/words/names';
import { readManifests, uriOf } from '../../server/src/workspace/disk';
import { type MeshView, type Snapshot, Workspace } from '../../server/src/workspace/workspace';
import { lineStarts } from '../../server/src/yaml/range';

export interface Found {
  /** Below the repository. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
}

export interface Reading {
  /** Files and folders below the repository; all of it where absent. */
  readonly paths?: readonly string[];
  /** Manifests beside those of the repository, by path. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly assume?: Assumptions;
}

export class Repository {
  private constructor(
    readonly snapshot: Snapshot,
    private readonly folder: string,
  ) {}

  static async read(folder: string, { paths = ['.'], beside = {}, assume = {} }: Reading = {}): Promise<Repository> {
    const disk = await readManifests(
      paths.map((each) => path.join(folder, each)),
      { follow: true, gitIgnore: true },
    );
    const added = Object.entries(beside).map(([name, text]) => [uriOf(path.join(folder, name)), text] as const);
    const workspace = new Workspace();
    workspace.apply({ files: new Map([...disk.files, ...added]), entries: disk.entries, assume });
    return new Repository(workspace.snapshot(), folder);
  }

  /** Files that are on no disk. */
  static async of(files: Readonly<Record<string, string>>): Promise<Repository> {
    const workspace = new Workspace();
    workspace.apply({
      files: new Map(Object.entries(files).map(([name, text]) => [uriOf(`/repository/${name}`), text])),
    });
    return new Repository(workspace.snapshot(), '/repository');
  }

  /** Everything that `check --all` reports. */
  problems(): Found[] {
    const starts = new Map<string, readonly number[]>();
    return checkSnapshot(this.snapshot, DEFAULT_OPTIONS).map(({ uri, range, rule, severity, message }) => {
      const lines = starts.get(uri) ?? lineStarts(this.snapshot.files.get(uri)!.text);
      starts.set(uri, lines);
      return {
        file: this.pathOf(uri),
        line: lines.filter((start) => start <= range.start).length,
        rule,
        severity,
        message,
      };
    });
  }

  /** `rule severity` of what is reported about a file. */
  told(file: string): string[] {
    return this.problems()
      .filter((each) => each.file === file)
      .map(({ rule, severity }) => `${rule} ${severity}`);
  }

  /** The mesh that a file belongs to, or the only one. */
  mesh(file?: string): MeshView {
    const views =
      file === undefined ? this.snapshot.meshes : this.snapshot.meshesOf(uriOf(path.join(this.folder, file)));
    if (views.length !== 1) throw new Error(`${views.length} meshes: ${views.map(({ name }) => name).join(', ')}`);
    return views[0]!;
  }

  workload(key: string): Workload {
    const found = this.snapshot.meshes.flatMap(({ mesh }) => findClients(mesh, key));
    if (found.length === 0) throw new Error(`no workload ${key}`);
    return found[0]!;
  }

  /** `PERMISSIVE finance/payments`: what a port of a pod accepts, and the policy that says so. */
  mode(key: string, port: number): string {
    const workload = this.workload(key);
    const view = this.snapshot.meshes.find(({ mesh }) => mesh.workloads.includes(workload))!;
    const mode = view.mtls.accepts(workload, port)?.mode;
    return `${mode?.mode ?? 'none'} ${mode?.policy ? shortNameOf(mode.policy.metadata) : '-'}`;
  }

  /** Rows of `table`: `host:port status server client policy rule`. */
  table(host?: string): string[] {
    return this.snapshot.meshes.flatMap((view) =>
      meshTable(view)
        .rows.filter(({ aside, service }) => !aside && (host === undefined || shortName(service.object) === host))
        .map(({ service, port, status, server, client, policies, rules }) => {
          const deciding = [policies, rules].map((list) => list.map(shortName).join('+') || '-');
          return [`${shortName(service.object)}:${port.port}`, status, server, client, ...deciding].join(' ');
        }),
    );
  }

  /** What `explain` prints. */
  explain(client: string, target: string): string {
    const workload = this.workload(client);
    const view = this.snapshot.meshes.find(({ mesh }) => mesh.workloads.includes(workload))!;
    const { host, port } = splitHostPort(target);
    const service = findService(view.mesh, host, workload);
    const explanation = service && explainConnection(view, workload, service, findPort(service, port)!);
    if (!explanation) throw new Error(`${client} does not reach ${target}`);
    return explainText(explanation, this.snapshot, (uri) => this.pathOf(uri), PLAIN);
  }

  /** The hover over the first place of `text` in a file. */
  hover(file: string, text: string): string {
    const uri = uriOf(path.join(this.folder, file));
    const offset = this.snapshot.files.get(uri)!.text.indexOf(text);
    return hover(this.snapshot, uri, offset)?.markdown ?? '';
  }

  private pathOf(uri: string): string {
    const top = `${uriOf(this.folder)}/`;
    return uri.startsWith(top) ? decodeURI(uri.slice(top.length)) : uri;
  }
}

function shortNameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

export function readText(file: string): string {
  return readFileSync(file, 'utf8');
}

/** A file of lines of JSON. */
export function readLines<T>(file: string): T[] {
  return readText(file)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}
