// The hosts that a pod's manifest names: in its environment, its arguments and its commands.
import { perObject } from '../incremental/cells';
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import type { KubernetesObject } from '../manifest/object';
import type { Path } from '../yaml/range';

/** A string in a pod's manifest that names a service. */
export interface Evidence {
  /** From the document's root to the string. */
  readonly path: Path;
  /** What holds it, such as `env PAYMENTS_URL` or `args`. */
  readonly where: string;
  readonly text: string;
}

export interface Mention extends Evidence {
  readonly host: string;
  /** As stated, or by the scheme; undefined where any port is meant. */
  readonly port: number | undefined;
  /** True where a host name without a dot is surely a host: in a URL, with a port, or in a variable for addresses. */
  readonly isAddress: boolean;
}

/** The mentions in a pod's manifest by the host that they name; none in objects of other kinds. */
export const mentionsOf = perObject((object: KubernetesObject): ReadonlyMap<string, readonly Mention[]> => {
  const byHost = new Map<string, Mention[]>();
  for (const mention of readMentions(object)) append(byHost, mention.host, mention);
  return byHost;
});

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Variables whose whole value is often a host. */
const ADDRESS_NAME = /(?:HOST|HOSTNAME|ADDR|ADDRESS|URL|URI|ENDPOINT|SERVICE|SERVER|UPSTREAM|TARGET|BACKEND)S?$/i;
const HOST =
  /(?<![A-Za-z0-9_.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?![A-Za-z0-9_-])/g;
const SCHEME_PORTS: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443 };

function readMentions(object: KubernetesObject): Mention[] {
  if (!isWorkload(object)) return [];
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

function isWorkload(object: KubernetesObject): object is WorkloadObject {
  return (WORKLOAD_KINDS as readonly string[]).includes(object.kind);
}
