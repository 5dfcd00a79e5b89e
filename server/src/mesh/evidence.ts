// Does a manifest show that a workload calls a service? Its environment, arguments and commands may name the host.
import { derive, memo, memoWeakly, perObject } from '../incremental/cells';
import type { Path } from '../yaml/range';
import { sameItems, unique } from './lookup';
import type { Mesh } from './mesh';
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

/** The mentions in a pod's manifest by the host that they name. */
const mentionsOf = perObject((object: Workload['object']): ReadonlyMap<string, readonly Mention[]> => {
  const byHost = new Map<string, Mention[]>();
  for (const mention of readMentions(object)) append(byHost, mention.host, mention);
  return byHost;
});

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
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
  const mentions = mentionsOf(client.object);
  if (mentions.size === 0) return undefined;
  const fits = (mention: Mention): boolean => mention.port === undefined || mention.port === port;
  const names = namesOf(service, clusterDomain);
  for (const name of names) {
    const found = mentions.get(name)?.find(fits);
    if (found) return found;
  }
  if (service.namespace !== client.namespace) return undefined;
  return mentions.get(shortName(names))?.find((mention) => mention.isAddress && fits(mention));
}

/** A workload whose manifest names a port of a service, with the string that does. */
export interface Caller {
  readonly client: Workload;
  readonly evidence: Evidence;
}

/** Everybody whose manifest names this port of a service, in the order of the workloads. */
export function callersOf(mesh: Mesh, service: MeshService, port: number): Caller[] {
  return namersOf(mesh)(service).flatMap((client) => {
    const evidence = evidenceOf(client, service, port, mesh.settings.clusterDomain);
    return evidence ? [{ client, evidence }] : [];
  });
}

/** By service, the workloads of a mesh whose manifests have one of its names, whether or not they mean it. */
const namersOf = perObject((mesh: Mesh): ((service: MeshService) => readonly Workload[]) => {
  const mentioning = memo((namespace: string): ReadonlyMap<string, readonly Workload[]> => {
    const byHost = new Map<string, Workload[]>();
    for (const client of mesh.podsIn(namespace))
      for (const host of mentionsOf(client.object).keys()) append(byHost, host, client);
    return byHost;
  });
  // an edit of a pod rarely changes what hosts are named
  const hostsIn = memo((namespace: string): readonly string[] => [...mentioning(namespace).keys()].sort(), sameItems);
  const namespaces = derive((): ReadonlyMap<string, readonly string[]> => {
    const byHost = new Map<string, string[]>();
    for (const namespace of mesh.namespaceNames) for (const host of hostsIn(namespace)) append(byHost, host, namespace);
    return byHost;
  });
  return memoWeakly((service: MeshService): readonly Workload[] => {
    const names = namesOf(service, mesh.settings.clusterDomain);
    const everywhere = names.flatMap((name) =>
      (namespaces().get(name) ?? []).flatMap((namespace) => mentioning(namespace).get(name) ?? []),
    );
    // a bare name is that of a neighbour
    const near = mentioning(service.namespace).get(shortName(names)) ?? [];
    return unique([...everywhere, ...near]);
  }, sameItems);
});

/** The names by which a service is known in every namespace, the full one first. */
function namesOf(service: MeshService, clusterDomain: string): readonly string[] {
  const suffix = `.svc.${clusterDomain}`;
  if (!service.host.endsWith(suffix)) return [service.host];
  const name = service.host.slice(0, -suffix.length);
  return [service.host, name, `${name}.svc`];
}

function shortName(names: readonly string[]): string {
  return names[0]!.split('.', 1)[0]!;
}

/** Variables whose whole value is often a host. */
const ADDRESS_NAME = /(?:HOST|HOSTNAME|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVICE|SERVER|UPSTREAM|TARGET|BACKEND)S?$/i;
const HOST =
  /(?<![A-Za-z0-9_.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?![A-Za-z0-9_-])/g;
const SCHEME_PORTS: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443 };

function readMentions(object: Workload['object']): Mention[] {
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
