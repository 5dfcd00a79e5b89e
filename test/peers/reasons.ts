// Where Mutual and a peer differ, and why: each checked against istiod's own code.

/** Codes by the reason why they have no counterpart. */
const BY_REASON: readonly (readonly [string, string])[] = [
  ['without a policy a server takes mTLS as well: nothing fails', 'KIA0205 KIA0206'],
  [
    'routing: what a name leads to has no bearing on mutual TLS',
    'IST0109 IST0112 IST0132 IST0140 IST0145 IST0149 IST0162 IST0165 KIA0301 KIA0302 KIA1101 KIA1102 KIA1104 KIA1105 KIA1106 KIA1108 KIA1211 KIA1212',
  ],
  ['names of ports: since Istio 1.3 an unnamed protocol is found out', 'IST0118 KIA0601 KIA0602 KIA0701'],
  ['which Sidecar counts for whom is not reported', 'IST0110 IST0111 KIA1004 KIA1006 KIA1007'],
  ['the field is compared with the Host header of a request, not with services', 'KIA0104'],
  ['a subset without labels is legal, and has a policy of its own', 'KIA0209'],
  ['only a running cluster tells', 'IST0103 IST0139 IST0146 IST0147 IST0158 IST0171 KIA0107 KIA1314 KIA1315'],
  ['a kind that does not bear on mutual TLS', 'IST0153 IST0159 IST0160 KIA1111 KIA1112 KIA1116 KIA1117'],
  ['certificates of gateways: secrets are not read', 'IST0138 IST0161'],
  ["outdated: without `caCertificates` the system's own are trusted", 'IST0128 IST0129'],
  ['a namespace without injection is not wrong by itself', 'IST0102'],
  ['a workload without a policy is not wrong by itself', 'KIA1301'],
  ['a sidecar is injected, and ambient mode leaves the pod alone: nothing is broken', 'KIA1311 KIA1316'],
  ['the user a container runs as is not looked at', 'IST0144'],
];

/** Codes, or codes of one kind, that have no counterpart, with the reason. */
export const OUT_OF_SCOPE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(BY_REASON.flatMap(([reason, codes]) => codes.split(' ').map((code) => [code, reason]))),
  'IST0101 Gateway': 'routing: what a name leads to has no bearing on mutual TLS',
  'IST0101 Sidecar': 'which Sidecar counts for whom is not reported',
  'IST0101 Telemetry': 'a kind that does not bear on mutual TLS',
  'IST0101 VirtualService': 'routing: what a name leads to has no bearing on mutual TLS',
  'IST0002 Telemetry': 'a kind that does not bear on mutual TLS',
  'IST0107 Namespace': 'annotations of others than pods, Services and policies',
  'IST0125 Pod': 'annotations about the proxy itself',
  'IST0108 Service': 'annotations of others than pods and policies',
  'IST0166 Telemetry': 'a kind that does not bear on mutual TLS',
  'IST0166 WasmPlugin': 'a kind that does not bear on mutual TLS',
  'KIA0002 Sidecar': 'which Sidecar counts for whom is not reported',
  'KIA0003 Sidecar': 'which Sidecar counts for whom is not reported',
  'KIA0004 Sidecar': 'which Sidecar counts for whom is not reported',
};

interface Reason {
  /** Of the difference as `compare` words it. */
  readonly difference: RegExp;
  /** Of names of cases; all where absent. */
  readonly cases?: RegExp;
  readonly reason: string;
}

/** The first that fits a difference explains it. */
const REASONS: readonly Reason[] = [
  {
    difference: /^missing KIA0204/,
    reason:
      'a rule without TLS settings changes nothing while auto mTLS is on; with auto mTLS off, plaintext is reported where a server refuses it, and here all of them take it',
  },
  {
    difference: /^missing KIA020[78]/,
    reason:
      'no workload is in the manifests: whether a client and a server of this host disagree is told at the connection',
  },
  {
    difference: /^missing KIA0[45]0[1256]/,
    reason: 'no workload is in the manifests: what fails is told at the connection, not at a missing rule',
  },
  {
    difference: /^missing KIA0201/,
    reason:
      'istiod takes the most specific host, and of the namespaces of client, service and mesh the first with a rule; rules that say the same lose nothing when they are merged',
  },
  {
    difference: /^missing KIA0203/,
    cases: /endpoint-labels-mismatch/,
    reason: 'the ServiceEntry is refused: `resolution: NONE` takes no endpoints',
  },
  {
    difference: /^missing (?:KIA0202|KIA0203|KIA1107|IST0173)/,
    reason: 'nothing of the host is in the manifests: its Service, its pods and its rules may be in another repository',
  },
  {
    difference: /^destination-rule-host-unknown/,
    cases: /suffix-host|two-part/,
    reason: 'istiod completes only names without a dot: `reviews.shop` and `reviews.shop.svc` match no Service',
  },
  {
    difference: /^missing KIA0105/,
    cases: /fields-that-need-mtls/,
    reason: 'the server name of a handshake is no identity: plain TLS has one as well',
  },
  {
    difference: /^missing KIA0105/,
    reason:
      'Kiali judges by wildcard rules of clients, and takes a policy without a mode for one that switches mTLS off; the server takes mTLS here, and no workload is in the manifests that would send plaintext',
  },
  {
    difference: /^principal-never-matches/,
    cases: /wildcards-found/,
    reason: 'Istio takes one `*`, at one end; Kiali takes the value for a regular expression',
  },
  {
    difference: /^missing KIA0(?:109|110)/,
    cases: /control-plane-namespace/,
    reason: 'a policy of the root namespace is for the whole mesh, whatever label its own namespace has',
  },
  {
    difference: /^missing KIA0110/,
    cases: /opted-out/,
    reason: 'the pod has opted out of ambient mode: no ztunnel judges it',
  },
  {
    difference: /^missing KIA1317/,
    reason: 'told at the policy that nothing enforces, not at the workload',
  },
  {
    difference: /^missing IST0127/,
    cases: /^authorizationpolicies$/,
    reason: 'a namespace without workloads in the manifests may have them in another repository',
  },
  {
    difference: /^missing IST0101 at AuthorizationPolicy/,
    reason: 'no Namespace manifest shows which namespaces there are',
  },
  {
    difference: /^missing IST0166/,
    reason:
      'istiod applies policies with a selector to gateways of the Gateway API by default; waypoints alone ignore them',
  },
  {
    difference: /^injection-labels-both/,
    reason: 'a revision label beside `istio-injection: disabled` does not count, and says otherwise',
  },
];

/** Why a case differs; undefined where something is left unexplained. */
export function reasonFor(name: string, differences: readonly string[]): string | undefined {
  const reasons = differences.map(
    (text) => REASONS.find(({ difference, cases }) => difference.test(text) && (cases?.test(name) ?? true))?.reason,
  );
  return reasons.includes(undefined) ? undefined : [...new Set(reasons)].join('; ');
}
