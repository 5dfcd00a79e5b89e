// principal-never-matches: an AuthorizationPolicy names an identity that no client can have.
import { trustDomains } from '../authorization/trust-domain';
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Mesh } from '../mesh/mesh';
import { workloadKey } from '../mesh/workload';
import { placeOf } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { Snapshot } from '../workspace/workspace';
import { meshesAround } from './around';
import { offered, renameList, setField } from './fixes';
import { nearNamespaces } from './near-namespaces';
import { isNamespaceHere, isPlaceholder } from './placeholders';
import { type Asked, askedBy, wholePolicies } from './policies';
import type { Finding, Fix, Rule, RuleContext, Severity } from './rule';
import { listed } from './wording';

export const principalNeverMatches: Rule = {
  id: 'principal-never-matches',
  severity: 'warning',
  summary: 'An AuthorizationPolicy names an identity that no client has.',
  happens:
    'A rule that allows it lets nobody in, and one that denies it stops nobody. An identity is `trust-domain/ns/namespace/sa/service-account`, without `spiffe://`; one `*` may stand at its beginning or at its end, and inside it is an ordinary character.',
  remedy: 'Write the identity in full, or use `namespaces` or `serviceAccounts`, which need no trust domain.',
  peers: ['KIA0106', 'KIA0108'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const policy of wholePolicies(snapshot, here)) {
      for (const asked of policy.spec.rules.flatMap(askedBy)) {
        const judge = JUDGES[asked.name];
        if (!judge) continue;
        for (const [index, value] of asked.values.entries()) {
          if (isPlaceholder(value)) continue;
          // a file that several meshes share may find its client in another of them
          const meshes = meshesAround(snapshot, policy).map((each) => each.mesh);
          if (meshes.some((each) => !judge(each, policy, value))) continue;
          const verdict = judge(mesh, policy, value);
          if (verdict) yield finding(snapshot, policy, asked, index, verdict);
        }
      }
    }
  },
};

interface Verdict {
  readonly why: string;
  readonly severity?: Severity;
  /** The value to write instead. */
  readonly instead?: string | undefined;
  /** The value for `namespaces` that means what was meant. */
  readonly namespace?: string | undefined;
  readonly certain?: boolean;
}

type Judge = (mesh: Mesh, policy: AuthorizationPolicy, value: string) => Verdict | undefined;

const JUDGES: Readonly<Record<string, Judge>> = {
  principals: judgePrincipal,
  'source.principal': judgePrincipal,
  serviceAccounts: judgeServiceAccount,
  'source.serviceAccount': judgeServiceAccount,
};

function judgePrincipal(mesh: Mesh, _policy: AuthorizationPolicy, value: string): Verdict | undefined {
  if (value.startsWith('spiffe://'))
    return { why: 'the prefix `spiffe://` is added by Istio', instead: value.slice('spiffe://'.length) };
  if (/@|^https?:\/\//.test(value))
    return { why: 'it is no identity of a workload; who a token is for is `requestPrincipals`' };
  const inner = value.replace(/^\*/, '').replace(/\*$/, '');
  if (inner.includes('*') || (value.length > 1 && value.startsWith('*') && value.endsWith('*'))) {
    const namespace = /^\*\/ns\/([^/*]+)\/(?:sa\/)?\*$/.exec(value)?.[1];
    return {
      why: 'one `*` may stand at the beginning or at the end, and any other is an ordinary character',
      namespace,
    };
  }
  if (value.startsWith('*')) return undefined;
  const parts = value.replace(/\*$/, '').split('/');
  const shape = ['', 'ns', '', 'sa', ''];
  const isOpen = value.endsWith('*');
  const isWrong = parts.some((part, index) => {
    const expected = shape[index];
    if (expected === undefined) return true;
    if (isOpen && index === parts.length - 1) return expected !== '' && !expected.startsWith(part);
    return expected === '' ? part === '' : part !== expected;
  });
  if (isWrong || (!isOpen && parts.length !== shape.length)) {
    return { why: 'an identity is `trust-domain/ns/namespace/sa/service-account`' };
  }
  const foreign = judgeTrustDomain(mesh, parts, isOpen);
  if (foreign || isOpen) return foreign;
  const account = judgeAccount(mesh, parts[2]!, parts[4]!);
  return (
    account && { ...account, instead: account.instead && `${parts[0]}/ns/${account.instead.replace('/', '/sa/')}` }
  );
}

function judgeTrustDomain(mesh: Mesh, [domain = '', ...rest]: readonly string[], isOpen: boolean): Verdict | undefined {
  if (isOpen && rest.length === 0) return undefined;
  const { settings } = mesh;
  const own = trustDomains(settings);
  // the literal `cluster.local` stands for the mesh's own, but only in a whole identity
  if (own.includes(domain) || domain.includes('*') || settings.certificateTrustDomains.includes(domain))
    return undefined;
  if (domain === 'cluster.local' && rest.length === 4) return undefined;
  const source = settings.sources.trustDomain;
  const isKnown = source.by === 'default' ? source.object !== undefined : source.by !== 'contradiction';
  const said = isKnown
    ? 'the trust domain of the mesh is'
    : 'unless the mesh is configured otherwise, its trust domain is';
  return {
    why: `${said} \`${settings.trustDomain}\``,
    certain: isKnown,
    instead: isKnown && !isOpen ? [settings.trustDomain, ...rest].join('/') : undefined,
  };
}

function judgeServiceAccount(mesh: Mesh, policy: AuthorizationPolicy, value: string): Verdict | undefined {
  const slash = value.indexOf('/');
  const namespace = slash < 0 ? policy.metadata.namespace : value.slice(0, slash);
  const name = value.slice(slash + 1);
  const verdict = judgeAccount(mesh, namespace, name);
  if (!verdict || slash >= 0) return verdict;
  const elsewhere = mesh.workloads.filter((workload) => workload.serviceAccount === name);
  const namespaces = [...new Set(elsewhere.map((workload) => workload.namespace))];
  if (namespaces.length === 0 || verdict.instead) {
    return { ...verdict, instead: verdict.instead?.slice(verdict.instead.indexOf('/') + 1) };
  }
  return {
    why: `without a namespace it is \`${namespace}/${name}\`, and the pods that run as \`${name}\` are in ${listed(namespaces)}`,
    certain: true,
    instead: namespaces.length === 1 ? `${namespaces[0]}/${name}` : undefined,
  };
}

/** Whether some pod runs as this account, as far as it can be known. */
function judgeAccount(mesh: Mesh, namespace: string, name: string): Verdict | undefined {
  const pods = mesh.podsIn(namespace);
  const entries = mesh.workloadEntriesIn(namespace);
  if (pods.some((pod) => pod.serviceAccount === name) || entries.some(({ spec }) => spec.serviceAccount === name))
    return undefined;
  if (pods.length === 0) {
    if (mesh.namespaces.has(namespace)) return undefined;
    const meant = nearNamespaces(mesh, namespace).filter((each) =>
      mesh.podsIn(each).some((pod) => pod.serviceAccount === name),
    )[0];
    return meant === undefined
      ? undefined
      : { why: `there is no namespace \`${namespace}\` here`, instead: `${meant}/${name}`, certain: true };
  }
  const namesake = pods.find((pod) => pod.name === name);
  if (namesake) {
    return {
      why: `\`${workloadKey(namesake)}\` runs as the service account \`${namesake.serviceAccount}\``,
      certain: true,
    };
  }
  const near = nearMisses(
    name,
    pods.map((pod) => pod.serviceAccount).filter((each) => each !== 'default'),
  )[0];
  if (near !== undefined) {
    return { why: `no pod runs as \`${namespace}/${name}\``, instead: `${namespace}/${near}`, certain: true };
  }
  // a gateway, a VM or a job may run as it, which no manifest here shows
  const manifest = mesh.namespaces.get(namespace);
  const isHere = manifest !== undefined && isNamespaceHere(mesh, namespace, pods[0]!.object);
  return isHere ? { why: `no pod in this workspace runs as \`${namespace}/${name}\``, certain: false } : undefined;
}

function finding(
  snapshot: Snapshot,
  policy: AuthorizationPolicy,
  asked: Asked,
  index: number,
  { why, instead, namespace, certain = true }: Verdict,
): Finding {
  const path = [...asked.path, index];
  const value = asked.values[index]!;
  const fixes = (): Fix[] =>
    offered(
      instead === undefined
        ? undefined
        : setField(snapshot, policy, path, instead, `Change it to \`${instead}\``, true),
      namespace !== undefined && asked.part === 'from' && asked.values.length === 1
        ? renameList(snapshot, policy, asked.path, asked.negated ? 'notNamespaces' : 'namespaces', namespace)
        : undefined,
    );
  const question = instead !== undefined && !value.startsWith('spiffe://') ? ` Did you mean \`${instead}\`?` : '';
  return {
    ...placeOf(policy, path),
    ...(!certain && { severity: 'information' as const }),
    message: `No client is \`${value}\`: ${why}.${question}`,
    related: [],
    fixes,
  };
}
