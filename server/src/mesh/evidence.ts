// Does a manifest show that a workload calls a service? Its environment, arguments and commands may name the host.
import type { Path } from '../yaml/range';
import type { MeshService } from './service';
import type { Workload } from './workload';

/** A string in a pod's manifest that names a service. */
export interface Evidence {
  /** From the document's root to the string. */
  readonly path: Path;
  /** What holds it, such as `env PAYMENTS_URL` or `args`. */
  readonly where: string;
  readonly text: string;
}

interface Mention extends Evidence {
  readonly host: string;
  /** As stated, or by the scheme; undefined where any port is meant. */
  readonly port: number | undefined;
  /** True where a host name without a dot is surely a host: in a URL, with a port, or in a variable for addresses. */
  readonly isAddress: boolean;
}

/** The mentions of a workload's manifest by the host that they name. */
const known = new WeakMap<Workload, ReadonlyMap<string, readonly Mention[]>>();

function mentionsOf(client: Workload): ReadonlyMap<string, readonly Mention[]> {
  let mentions = known.get(client);
  if (!mentions) {
    const byHost = new Map<string, Mention[]>();
    for (const mention of readMentions(client))
      byHost.set(mention.host, [...(byHost.get(mention.host) ?? []), mention]);
    mentions = byHost;
    known.set(client, mentions);
  }
  return mentions;
}

/**
 * The first string in the manifest of `client` that names this port of a service: its host, `name.namespace`, or
 * within the namespace its name. Config maps and secrets are not looked into.
 */
export function evidenceOf(
  client: Workload,
  service: MeshService,
  port: number,
  clusterDomain: string,
): Evidence | undefined {
  const mentions = mentionsOf(client);
  if (mentions.size === 0) return undefined;
  const fits = (mention: Mention): boolean => mention.port === undefined || mention.port === port;
  const names = namesOf(service, clusterDomain);
  for (const name of names) {
    const found = mentions.get(name)?.find(fits);
    if (found) return found;
  }
  if (service.namespace !== client.namespace) return undefined;
  const short = names[0]!.split('.', 1)[0]!;
  return mentions.get(short)?.find((mention) => mention.isAddress && fits(mention));
}

/** A workload whose manifest names a port of a service, with the string that does. */
export interface Caller {
  readonly client: Workload;
  readonly evidence: Evidence;
}

const clientsByHost = new WeakMap<readonly Workload[], ReadonlyMap<string, readonly Workload[]>>();

/** Everybody whose manifest names this port of a service, in the order of the workloads. */
export function callersOf(
  workloads: readonly Workload[],
  service: MeshService,
  port: number,
  clusterDomain: string,
): Caller[] {
  let index = clientsByHost.get(workloads);
  if (!index) {
    const byHost = new Map<string, Workload[]>();
    for (const client of workloads) {
      for (const host of mentionsOf(client).keys()) byHost.set(host, [...(byHost.get(host) ?? []), client]);
    }
    index = byHost;
    clientsByHost.set(workloads, index);
  }
  const names = namesOf(service, clusterDomain);
  const candidates = new Set([...names, names[0]!.split('.', 1)[0]!].flatMap((name) => index.get(name) ?? []));
  return [...candidates].flatMap((client) => {
    const evidence = evidenceOf(client, service, port, clusterDomain);
    return evidence ? [{ client, evidence }] : [];
  });
}

const knownNames = new WeakMap<MeshService, readonly string[]>();

function namesOf(service: MeshService, clusterDomain: string): readonly string[] {
  let names = knownNames.get(service);
  if (!names) {
    const suffix = `.svc.${clusterDomain}`;
    const name = service.host.endsWith(suffix) ? service.host.slice(0, -suffix.length) : undefined;
    names = name === undefined ? [service.host] : [service.host, name, `${name}.svc`];
    knownNames.set(service, names);
  }
  return names;
}

/** Variables whose whole value is often a host. */
const ADDRESS_NAME = /(?:HOST|HOSTNAME|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVICE|SERVER|UPSTREAM|TARGET|BACKEND)S?$/i;
const HOST =
  /(?<![A-Za-z0-9_.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?![A-Za-z0-9_-])/g;
const SCHEME_PORTS: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443 };

function readMentions(client: Workload): Mention[] {
  const { object } = client;
  if (object.kind === 'KubernetesGateway') return [];
  const root = [...object.source.prefix, ...object.spec.template.path, 'spec'];
  const spec = at(object.source.document.value, root);
  const mentions: Mention[] = [];
  for (const list of ['containers', 'initContainers']) {
    items(at(spec, [list])).forEach((container, index) => {
      const path = [...root, list, index];
      items(at(container, ['env'])).forEach((variable, position) => {
        const name = String(at(variable, ['name']) ?? '');
        const value = at(variable, ['value']);
        if (typeof value === 'string')
          mentions.push(...hostsIn(value, [...path, 'env', position, 'value'], `env ${name}`, ADDRESS_NAME.test(name)));
      });
      for (const field of ['command', 'args']) {
        items(at(container, [field])).forEach((text, position) => {
          if (typeof text === 'string') mentions.push(...hostsIn(text, [...path, field, position], field, false));
        });
      }
    });
  }
  return mentions;
}

function hostsIn(text: string, path: Path, where: string, isAddressName: boolean): Mention[] {
  return [...text.matchAll(HOST)].map((match) => {
    const host = match[0];
    const scheme = /([a-z][a-z0-9+.-]*):\/\/(?:[^/@\s]*@)?$/.exec(text.slice(0, match.index))?.[1];
    const port = /^\.?:(\d{1,5})(?!\d)/.exec(text.slice(match.index + host.length))?.[1];
    return {
      host,
      port: port === undefined ? (scheme && SCHEME_PORTS[scheme]) || undefined : Number(port),
      isAddress: scheme !== undefined || port !== undefined || (isAddressName && text.trim() === host),
      path,
      where,
      text,
    };
  });
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null ? (found as Record<string | number, unknown>)[step] : undefined,
    value,
  );
}

function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
