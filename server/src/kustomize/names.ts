// Fields that name other objects follow when those get another name or namespace.
import type { Config } from './config';
import { changeField } from './fieldspec';
import { type GroupVersionKind, type Id, isClusterScoped, isOfKind } from './ids';
import { type MapNode, type Node, nodeAt, scalar, stringAt, textOf } from './node';
import { BuildError } from './problem';
import type { Resource } from './resource';

/** An object with its ids; names do not change any more while references are fixed. */
interface Known {
  readonly resource: Resource;
  readonly original: Id;
  readonly current: Id;
  readonly previous: readonly Id[];
}

/** Brings every reference up to date (kustomize's nameref filter). */
export function fixReferences(resources: readonly Resource[], { references }: Config): void {
  const all = resources.map(
    (resource): Known => ({
      resource,
      original: resource.originalId(),
      current: resource.currentId(),
      previous: resource.previousIds(),
    }),
  );
  const changed = all.filter(({ previous }) => previous.length > 0);
  for (const { referrers, ...target } of references) {
    if (!changed.some(({ previous }) => previous.some((id) => isOfKind(id, target)))) continue;
    for (const spec of referrers) {
      for (const referrer of all) {
        if (!isOfKind(referrer.original, spec)) continue;
        const update = new Update(referrer, all, spec.path, target);
        changeField(referrer.resource, { path: spec.path }, (node) => update.change(node));
      }
    }
  }
}

/** Objects can name those of their namespace and those without one; role bindings those of their subjects' too. */
function canRefer(referrer: Known, candidate: Known): boolean {
  const [from, to] = [referrer.current, candidate.current];
  if (isClusterScoped(from) || isClusterScoped(to) || from.effective === to.effective) return true;
  if (from.kind !== 'RoleBinding') return false;
  const subjects = nodeAt(referrer.resource.node, ['subjects']);
  return (
    subjects?.kind === 'list' &&
    subjects.items.some(
      (subject) =>
        stringAt(subject, ['kind']) === 'ServiceAccount' && stringAt(subject, ['namespace']) === to.namespace,
    )
  );
}

class Update {
  constructor(
    private readonly referrer: Known,
    private readonly all: readonly Known[],
    private readonly path: string,
    private readonly target: GroupVersionKind,
  ) {}

  private reachable: readonly Known[] | undefined;

  /** Found when the first reference is. */
  private get candidates(): readonly Known[] {
    this.reachable ??= this.all.filter((candidate) => canRefer(this.referrer, candidate));
    return this.reachable;
  }

  change(node: Node): Node {
    if (node.kind === 'list') {
      node.items = node.items.map((item) => this.change(item));
      return node;
    }
    if (node.kind === 'map') return this.changeMap(node);
    if (node.value === null) return node;
    const found = this.choose(textOf(node), this.candidates, node, (resource) => resource.name);
    return found && found.name !== textOf(node) ? scalar(found.name, node.place) : node;
  }

  private changeMap(node: MapNode): Node {
    const name = node.entries.get('name');
    if (name === undefined) throw new BuildError('field-not-found', node.place, { path: this.path, step: 'name' });
    const namespace = node.entries.get('namespace');
    const candidates = namespace ? this.inNamespace(stringAt(namespace, [])) : this.candidates;
    const found = this.choose(stringAt(name, []), candidates, node, (each) => `${each.namespace}/${each.name}`);
    if (!found) return node;
    if (found.name !== stringAt(name, [])) node.entries.set('name', scalar(found.name, name.place));
    if (found.namespace !== '' && found.namespace !== stringAt(namespace, [])) {
      const place = nodeAt(found.node, ['metadata', 'namespace'])?.place ?? node.place;
      node.entries.set('namespace', scalar(found.namespace, place));
    }
    return node;
  }

  /** What was in the namespace at first; where nothing was, what is in it now. */
  private inNamespace(namespace: string): readonly Known[] {
    const before = this.candidates.filter(({ original }) => original.effective === namespace);
    return before.length > 0 ? before : this.candidates.filter(({ current }) => current.effective === namespace);
  }

  private choose(
    name: string,
    candidates: readonly Known[],
    node: Node,
    identity: (resource: Resource) => string,
  ): Resource | undefined {
    const roleRef = this.path.endsWith('roleRef/name') ? this.roleRef() : undefined;
    let found = candidates.filter((candidate) => {
      const ids = candidate.previous;
      return (
        ids.some((id) => id.name === name) &&
        ids.some((id) => isOfKind(id, this.target)) &&
        (!roleRef || ids.some((id) => isOfKind(id, roleRef))) &&
        this.isNear(candidate)
      );
    });
    if (found.length > 1) found = this.closest(found);
    const [first] = found;
    if (!first || found.every((candidate) => identity(candidate.resource) === identity(first.resource))) {
      return first?.resource;
    }
    throw new BuildError('reference-ambiguous', node.place, { name });
  }

  private roleRef(): GroupVersionKind | undefined {
    const group = nodeAt(this.referrer.resource.node, ['roleRef', 'apiGroup']);
    const kind = nodeAt(this.referrer.resource.node, ['roleRef', 'kind']);
    return group && kind ? { group: stringAt(group, []), kind: stringAt(kind, []) } : undefined;
  }

  private isNear(candidate: Known): boolean {
    const [from, to] = [this.referrer.current, candidate.current];
    if (isClusterScoped(from) || isClusterScoped(to) || to.kind === 'ServiceAccount') return true;
    return from.effective === to.effective;
  }

  /** Those that were renamed together with the referrer: first loosely, then exactly. */
  private closest(candidates: readonly Known[]): Known[] {
    const loose = candidates.filter((candidate) => this.sharesNameParts(candidate, true));
    return loose.length <= 1 ? loose : loose.filter((candidate) => this.sharesNameParts(candidate, false));
  }

  private sharesNameParts(candidate: Known, emptyFits: boolean): boolean {
    return (['prefixes', 'suffixes'] as const).every((part) => {
      const [a, b] = [candidate.resource[part], this.referrer.resource[part]];
      return (emptyFits && (a.length === 0 || b.length === 0)) || endsAlike(a, b);
    });
  }
}

/** True when the shorter list is the end of the longer. */
function endsAlike(a: readonly string[], b: readonly string[]): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === 0) return long.length === 0;
  return short.every((part, index) => part === long[index + long.length - short.length]);
}
