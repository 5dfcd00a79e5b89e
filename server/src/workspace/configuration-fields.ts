// The fields of mutual.yaml: the one table from which the reader, its messages and the published schema are made.
import { NEWEST_VERSION, OLDEST_VERSION, parseVersion } from '../mesh/version';

/** The name of the configuration file. */
export const CONFIGURATION_NAME = 'mutual.yaml';

/** What a rule's severity may be set to. */
export const SEVERITY_NAMES = ['error', 'warning', 'information', 'hint', 'off'] as const;
export const REQUIRE_NAMES = ['auto', 'always', 'never'] as const;

/** A field's type, and what it means in Markdown. */
export type ConfigurationField = { readonly description: string } & (
  | { readonly type: 'text'; readonly pattern?: string; check?(value: string): string | undefined }
  | { readonly type: 'one-of'; readonly values: readonly string[] }
  | { readonly type: 'boolean' }
  | { readonly type: 'texts' }
  | { readonly type: 'severities' }
  | { readonly type: 'fields'; readonly fields: ConfigurationFields }
  | { readonly type: 'list'; readonly fields: ConfigurationFields; readonly required: readonly string[] }
);
export type ConfigurationFields = Readonly<Record<string, ConfigurationField>>;

const VERSION: ConfigurationField = {
  type: 'text',
  pattern: '^v?1\\.[0-9]+(\\..+)?$',
  description: `The version of Istio that the manifests are meant for, such as \`1.28\`; minor versions differ in some answers. Without it the newest that Mutual knows, 1.${NEWEST_VERSION}.`,
  check: (value) =>
    parseVersion(value) === undefined
      ? `Write a version from 1.${OLDEST_VERSION} on, such as \`1.${NEWEST_VERSION}\`.`
      : undefined,
};

const ASSUME: ConfigurationFields = {
  injectedNamespaces: {
    type: 'texts',
    description:
      'Namespaces whose pods get a sidecar although no Namespace manifest says so. `"*"` stands for all of them. A Namespace manifest, where there is one, beats this.',
  },
  rootNamespace: {
    type: 'text',
    description:
      'The root namespace of the mesh. Without it what the mesh configuration among the manifests says, else `istio-system`.',
  },
  trustDomain: {
    type: 'text',
    description:
      'The trust domain of the mesh. Without it what the mesh configuration among the manifests says, else `cluster.local`.',
  },
  clusterDomain: {
    type: 'text',
    description: 'The DNS domain of the cluster, with which short host names end. Without it `cluster.local`.',
  },
  autoMtls: {
    type: 'one-of',
    values: ['auto', 'on', 'off'],
    description:
      'Whether clients use mTLS by themselves wherever the server can do it (`enableAutoMtls`). `auto`: what the mesh configuration among the manifests says, else on.',
  },
  revisions: {
    type: 'texts',
    description:
      'Istio revisions and revision tags that are installed, `default` among them where it is. A pod of another revision gets no sidecar. Without it `default`, and others may be.',
  },
  ambient: {
    type: 'boolean',
    description:
      'Ambient mode is installed: pods labelled `istio.io/dataplane-mode: ambient` are in the mesh without a sidecar.',
  },
};

export const CONFIGURATION_FIELDS: ConfigurationFields = {
  severity: {
    type: 'severities',
    description: 'Severities by rule. What is not named keeps the severity of its rule.',
  },
  requireDestinationRule: {
    type: 'one-of',
    values: REQUIRE_NAMES,
    description:
      'Whether a service without a DestinationRule that asks for mTLS is reported. `auto`: a hint while auto mTLS is on, an error where it is off and the server requires mTLS. `always`: a warning in any case.',
  },
  istioVersion: VERSION,
  assume: { type: 'fields', fields: ASSUME, description: 'Facts about the cluster that no manifest shows.' },
  exclude: {
    type: 'texts',
    description:
      'Globs of files and folders that are not deployed and so do not count, relative to this file: `**/test/**`, `old/*.yaml`. One without a slash is meant for any folder. What `.gitignore` names, `node_modules`, hidden folders and Helm templates never count.',
  },
  meshes: {
    type: 'list',
    required: ['name', 'files'],
    description:
      'Which files are deployed together, where that is not as Mutual finds it. A file may be in several meshes; those that no mesh names are grouped as ever.',
    fields: {
      name: { type: 'text', description: 'What reports call the mesh.' },
      files: { type: 'texts', description: 'Globs of files and folders, relative to this file.' },
      istioVersion: VERSION,
      assume: {
        type: 'fields',
        fields: ASSUME,
        description: 'Facts about the cluster of this mesh; they go before those that are stated for all.',
      },
    },
  },
  baseline: {
    type: 'text',
    description:
      'A file of problems that are known and set aside, relative to this file; `mutual check --write-baseline FILE` writes it.',
  },
};
