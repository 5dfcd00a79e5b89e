// The rooms of server/src in the order in which data flows (docs/architecture.md): each imports only from those above.
const ROOMS = [
  'incremental',
  'yaml',
  'manifest',
  'kustomize',
  'helm',
  'mesh',
  'mtls',
  'authorization',
  'words',
  'workspace',
  'rules',
  'features',
  'report',
  'lsp',
  'cli',
];
const at = (room) => `^server/src/${room}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...ROOMS.map((room, index) => ({
      name: `${room}-imports-only-from-above`,
      severity: 'error',
      from: { path: at(room) },
      // the two front doors do not know each other either
      to: { path: [...ROOMS.slice(index + 1), ...(room === 'cli' ? ['lsp'] : [])].map(at) },
    })).filter((rule) => rule.to.path.length > 0),
    {
      name: 'no-node-in-rooms',
      comment: 'A browser build stays possible: only the front doors and the file adapter know Node.',
      severity: 'error',
      from: {
        path: '^server/src/',
        pathNot: [
          '^server/src/cli/',
          '^server/src/lsp/(main|disk-access)\\.ts$',
          '^server/src/workspace/(disk[\\w-]*|helm-binary)\\.ts$',
        ],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'disk-is-for-front-doors',
      severity: 'error',
      from: { path: '^server/src/', pathNot: ['^server/src/(lsp|cli)/', '^server/src/workspace/disk\\.ts$'] },
      to: { path: '^server/src/workspace/(disk[\\w-]*|helm-binary)\\.ts$' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'client-knows-no-server', severity: 'error', from: { path: '^client/' }, to: { path: '^server/' } },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'], pathNot: '^vscode$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
