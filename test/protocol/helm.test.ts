// Charts in an editor: Helm is run in the background where a setting allows it, and never otherwise.
import * as assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TestClient } from './client';
import { CONFLICT } from './manifests';

const CHART = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';

describe('charts in an editor', () => {
  let client: TestClient;
  let folder: string;
  let helm: string;
  const called = (): boolean => existsSync(path.join(folder, 'called'));
  // a chart whose templates are the conflict, each with a value in it
  const files = Object.fromEntries(
    Object.entries(CONFLICT).map(([name, text]) => [
      `charts/shop/templates/${name}`,
      text.replace(/^( *)name: (\S+)/m, '$1name: {{ .Values.name | default "$2" }}'),
    ]),
  );
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mutual-helm-'));
    helm = path.join(folder, 'helm');
    const output = Object.entries(CONFLICT).flatMap(([name, text]) =>
      text.split(/^---$/m).map((each) => `---\n# Source: shop/templates/${name}\n${each.trim()}\n`),
    );
    writeFileSync(path.join(folder, 'output'), output.join(''));
    writeFileSync(helm, `#!/bin/sh\ntouch '${folder}/called'\ncat '${folder}/output'\n`);
    chmodSync(helm, 0o755);
  });
  afterEach(async () => {
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are rendered where that is enabled, and problems are shown in the template', async () => {
    const settings = { helm: { enabled: true, path: helm } };
    client = await TestClient.start({ files: { ...files, 'charts/shop/Chart.yaml': CHART }, settings });
    await client.untilRules('charts/shop/templates/rule.yaml', ['plaintext-refused']);
    assert.ok(called());
  });

  it('are read as they stand otherwise: nothing is run', async () => {
    const plain = {
      ...files,
      'charts/shop/Chart.yaml': CHART,
      'plain/rule.yaml': 'kind: Service\napiVersion: v1\nx: [\n',
    };
    client = await TestClient.start({ files: plain, settings: { helm: { path: helm } } });
    await client.untilRules('plain/rule.yaml', ['yaml-syntax']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(!called());
  });

  it('the status says which chart Helm refuses, until it does not', async () => {
    writeFileSync(helm, '#!/bin/sh\necho "Error: values do not fit" >&2\nexit 1\n');
    const settings = { helm: { enabled: true, path: helm } };
    client = await TestClient.start({ files: { ...files, 'charts/shop/Chart.yaml': CHART }, settings });
    const told = async (): Promise<readonly string[]> =>
      (await client.connection.sendRequest<{ charts: readonly string[] }>('mutual/status', {})).charts;
    const until = async (isSo: (charts: readonly string[]) => boolean): Promise<readonly string[]> => {
      for (let tries = 0; tries < 100; tries++) {
        const charts = await told();
        if (isSo(charts)) return charts;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return told();
    };
    const [chart, ...others] = await until((charts) => charts.length > 0);
    assert.match(chart ?? '', /^charts\/shop: Helm refuses it: values do not fit\./);
    assert.deepEqual(others, []);
    client.settings = { helm: { path: helm } };
    await client.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    assert.deepEqual(await until((charts) => charts.length === 0), []);
  });
});
