// Runs the built command line as a child process, on folders that a test writes.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Ajv from 'ajv/dist/2020';

export const ROOT = join(__dirname, '../..');
const CLI = join(ROOT, 'dist/cli.js');

/** Builds `dist/cli.js` once a run, where it is missing or old. */
export function buildCli(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/mutual.mjs'), '--version'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the command line cannot be built: ${stderr}`);
}

/** What begins a colour. */
export const ESCAPE = '\u001b';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `mutual ARGS`, without a terminal, colour settings of the surroundings, or reports of earlier runs. */
export function mutual(args: readonly string[], { cwd, input, env }: RunOptions): Promise<Result> {
  const { NO_COLOR: _no, FORCE_COLOR: _force, INIT_CWD: _cwd, ...rest } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { ...rest, MUTUAL_CACHE: 'off', ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined).end(input ?? '');
  });
}

/** Asserts that a value keeps to a schema of `docs/schemas`. */
export function assertKeepsTo(name: string, value: unknown): void {
  const schema = JSON.parse(readFileSync(join(ROOT, `docs/schemas/${name}.schema.json`), 'utf8'));
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  const isValid: boolean = validate(value);
  assert.ok(isValid, JSON.stringify(validate.errors, null, 1));
}

/** A folder with these files, and a way to remove it. */
export function makeFolder(files: Readonly<Record<string, string | Buffer>>): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mutual-cli-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const NAMESPACE = (name: string, labels = 'istio-injection: enabled'): string => `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
  labels:
    ${labels}
`;

/** A Deployment with its Service, port 80 leading to 8080. */
export const APP = (namespace: string, name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: ${name}
          image: example/${name}:1
          ports:
            - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  selector:
    app: ${name}
  ports:
    - name: http
      port: 80
      targetPort: 8080
`;

export const STRICT = (namespace: string): string => `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: ${namespace}
spec:
  mtls:
    mode: STRICT
`;

export const RULE = (
  namespace: string,
  name: string,
  host: string,
  mode: string,
): string => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  host: ${host}
  trafficPolicy:
    tls:
      mode: ${mode}
`;

/** A shop whose clients are told to send plaintext to a STRICT server. */
export const CONFLICT = {
  'namespaces.yaml': `${NAMESPACE('shop')}---\n${NAMESPACE('finance')}`,
  'shop.yaml': `${APP('shop', 'web')}---\n${APP('shop', 'cart')}`,
  'finance.yaml': APP('finance', 'payments'),
  'mtls.yaml': STRICT('finance'),
  'rules.yaml': RULE('shop', 'partners', '"*.finance.svc.cluster.local"', 'DISABLE'),
};
