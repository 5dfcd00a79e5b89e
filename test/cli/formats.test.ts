// The formats of `mutual check` that machines in CI read: SARIF, JUnit, GitLab, workflow commands.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import type { Log, Region, Result, Run } from 'sarif';
import { SaxesParser } from 'saxes';
import { ALL_RULES } from '../../server/src/rules';
import { APP, buildCli, CONFLICT, makeFolder, mutual, NAMESPACE, STRICT } from './run';

const SCHEMA = require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
// a schema of draft 4, of which nothing but these two names differs from what the checker knows
const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(SCHEMA, 'utf8'));
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false }).compile(
  schema,
);

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** Reads a document as a strict XML 1.0 parser does; throws for what is not well-formed. */
function readXml(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes: attributes as Record<string, string>, children: [], text: '' };
    open.at(-1)!.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (more) => {
    open.at(-1)!.text += more;
  });
  parser.write(text).close();
  return root.children[0]!;
}

describe('the formats of mutual check for CI', () => {
  let folder: ReturnType<typeof makeFolder>;
  before(() => {
    buildCli();
    folder = makeFolder(CONFLICT);
  });
  after(() => folder.remove());

  const sarif = async (cwd: string, ...args: string[]): Promise<{ run: Run; code: number | null }> => {
    const { stdout, code } = await mutual(['check', '-f', 'sarif', ...args], { cwd });
    const log = JSON.parse(stdout) as Log;
    assert.ok(validate(log), JSON.stringify(validate.errors?.slice(0, 3), null, 1));
    return { run: log.runs[0]!, code };
  };
  const results = async (cwd: string, ...args: string[]): Promise<Result[]> => (await sarif(cwd, ...args)).run.results!;

  /** The texts of a file's region, by 1-based lines and columns. */
  const textAt = (text: string, { startLine, startColumn, endColumn }: Region): string =>
    text.split('\n')[startLine! - 1]!.slice(startColumn! - 1, endColumn! - 1);

  describe('SARIF', () => {
    it('has a rule for each of ours with what code scanning shows of it', async () => {
      const { run } = await sarif(folder.path);
      const { rules, version } = run.tool.driver;
      assert.match(version!, /^\d+\.\d+\.\d+/);
      assert.deepEqual(
        rules!.map(({ id }) => id),
        ALL_RULES.map(({ id }) => id),
      );
      for (const rule of rules!) {
        assert.equal(new URL(rule.helpUri!).pathname, `/rules/${rule.id}`);
        assert.match(rule.help!.markdown!, /## How to mend it/);
        assert.doesNotMatch(rule.shortDescription!.text, /`/);
        assert.ok(['error', 'warning', 'note'].includes(rule.defaultConfiguration!.level!));
        assert.ok(['error', 'warning', 'recommendation'].includes(rule.properties!['problem.severity']));
        assert.ok(['very-high', 'high', 'medium', 'low'].includes(rule.properties!.precision));
        assert.ok(rule.properties!.tags!.length <= 20);
      }
      assert.equal(run.columnKind, 'utf16CodeUnits');
    });

    it('points at the field, links the other half, and carries the fix', async () => {
      const { run, code } = await sarif(folder.path);
      assert.equal(code, 1);
      assert.deepEqual([run.invocations![0]!.exitCode, run.invocations![0]!.executionSuccessful], [1, true]);
      const [result, ...others] = run.results!;
      assert.deepEqual(others, []);
      assert.equal(result!.ruleId, 'plaintext-refused');
      assert.equal(run.tool.driver.rules![result!.ruleIndex!]!.id, 'plaintext-refused');
      const { artifactLocation, region } = result!.locations![0]!.physicalLocation!;
      assert.deepEqual(artifactLocation, { uri: 'rules.yaml', uriBaseId: '%SRCROOT%' });
      assert.ok(run.originalUriBaseIds!['%SRCROOT%']);
      assert.equal(textAt(CONFLICT['rules.yaml'], region!), 'DISABLE');
      const { id, physicalLocation } = result!.relatedLocations![0]!;
      assert.equal(physicalLocation!.artifactLocation!.uri, 'mtls.yaml');
      assert.ok(result!.message.text!.includes(`[mode: STRICT](${id})`));
      const change = result!.fixes![0]!.artifactChanges[0]!;
      assert.equal(change.artifactLocation.uri, 'rules.yaml');
      assert.equal(textAt(CONFLICT['rules.yaml'], change.replacements[0]!.deletedRegion), 'DISABLE');
      assert.equal(change.replacements[0]!.insertedContent!.text, 'ISTIO_MUTUAL');
    });

    it('names no folder, date or user of the machine, and is the same every time', async () => {
      const once = await mutual(['check', '-f', 'sarif', '--all'], { cwd: folder.path });
      const again = await mutual(['check', '-f', 'sarif', '--all'], { cwd: folder.path });
      assert.equal(once.stdout, again.stdout);
      assert.ok(!once.stdout.includes(folder.path));
    });

    it('knows a problem again when lines move, and tells two apart', async () => {
      const of = (found: readonly Result[]): string[] =>
        found.map(({ partialFingerprints }) => partialFingerprints!['mutualProblem/v1']!);
      const before = of(await results(folder.path, '--all'));
      assert.equal(new Set(before).size, before.length);
      assert.ok(before.length > 1);
      const moved = makeFolder({
        ...CONFLICT,
        'rules.yaml': `# new\n\n${CONFLICT['rules.yaml']}`,
        'mtls.yaml': `\n\n\n${CONFLICT['mtls.yaml']}`,
        'shop.yaml': `# one\n# two\n${CONFLICT['shop.yaml']}`,
      });
      assert.deepEqual(of(await results(moved.path, '--all')), before);
      moved.remove();
      const port = (number: number): string =>
        `      - port: {number: ${number}}\n        tls:\n          mode: DISABLE\n`;
      const twice = makeFolder({
        ...CONFLICT,
        'finance.yaml': `${APP('finance', 'payments')}    - name: other\n      port: 81\n      targetPort: 8081\n`,
        'rules.yaml': CONFLICT['rules.yaml'].replace(
          / {4}tls:\n.*\n/,
          `    portLevelSettings:\n${port(80)}${port(81)}`,
        ),
      });
      const both = of(await results(twice.path));
      assert.equal(new Set(both).size, both.length);
      assert.ok(both.length > 1);
      twice.remove();
    });

    it('writes URIs of odd names, and those outside of the folder without a base', async () => {
      const odd = makeFolder({ 'a b/100% ä#?[1].yaml': Object.values(CONFLICT).join('---\n'), 'sub/x.txt': '' });
      const [inside] = await results(odd.path);
      const { artifactLocation } = inside!.locations![0]!.physicalLocation!;
      assert.equal(artifactLocation!.uri, 'a%20b/100%25%20%C3%A4%23%3F%5B1%5D.yaml');
      assert.equal(decodeURIComponent(artifactLocation!.uri!), 'a b/100% ä#?[1].yaml');
      const [outside] = await results(join(odd.path, 'sub'), '..');
      assert.match(outside!.locations![0]!.physicalLocation!.artifactLocation!.uri!, /^\.\.\//);
      assert.equal(outside!.locations![0]!.physicalLocation!.artifactLocation!.uriBaseId, undefined);
      odd.remove();
    });

    it('counts columns in UTF-16 code units', async () => {
      const flow = `# 🔒\n{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: 'a', namespace: shop, annotations: {x: "🔒🔒ä"} }, spec: {host: payments.finance.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE} } } }\n`;
      const wide = makeFolder({ ...CONFLICT, 'rules.yaml': flow });
      const [result] = await results(wide.path);
      assert.equal(textAt(flow, result!.locations![0]!.physicalLocation!.region!), 'DISABLE');
      wide.remove();
    });

    it('lists with --all what comments, annotations and a baseline accept, as suppressed', async () => {
      const accepted = makeFolder({
        ...CONFLICT,
        'rules.yaml': CONFLICT['rules.yaml'].replace(
          'mode: DISABLE',
          'mode: DISABLE # mutual-ignore plaintext-refused: until the move',
        ),
      });
      assert.deepEqual(await results(accepted.path), []);
      const found = (await results(accepted.path, '--all')).filter(({ ruleId }) => ruleId === 'plaintext-refused');
      assert.deepEqual(
        found.map(({ suppressions }) => suppressions),
        [[{ kind: 'inSource', status: 'accepted', justification: 'until the move' }]],
      );
      assert.equal(found[0]!.fixes, undefined);
      accepted.remove();

      const annotated = makeFolder({
        ...CONFLICT,
        'rules.yaml': CONFLICT['rules.yaml'].replace(
          'metadata:\n',
          'metadata:\n  annotations:\n    kiali.io/ignore-validations: KIA0207\n',
        ),
      });
      assert.deepEqual(await results(annotated.path), []);
      const [other] = (await results(annotated.path, '--all')).filter(({ ruleId }) => ruleId === 'plaintext-refused');
      assert.equal(other!.suppressions![0]!.kind, 'inSource');
      annotated.remove();

      const old = makeFolder(CONFLICT);
      await mutual(['check', '--write-baseline', 'baseline.json'], { cwd: old.path });
      const { run, code } = await sarif(old.path, '--baseline', 'baseline.json');
      assert.deepEqual([run.results, code], [[], 0]);
      const known = (await results(old.path, '--baseline', 'baseline.json', '--all')).filter(
        ({ level }) => level === 'error',
      );
      assert.deepEqual(
        known.map(({ baselineState, suppressions }) => [baselineState, suppressions![0]!.kind]),
        [['unchanged', 'external']],
      );
      old.remove();
    });

    it('says so when the answer is not whole', async () => {
      const broken = makeFolder({
        'a.yaml': NAMESPACE('shop'),
        'b.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {\n',
      });
      const { run, code } = await sarif(broken.path);
      assert.equal(run.results![0]!.ruleId, 'yaml-syntax');
      assert.equal(run.invocations![0]!.exitCode, code);
      broken.remove();
    });

    it('is empty and valid without problems', async () => {
      const { run, code } = await sarif(folder.path, 'namespaces.yaml');
      assert.deepEqual([run.results, code, run.invocations![0]!.exitCode], [[], 0, 0]);
    });
  });

  describe('JUnit', () => {
    const junit = async (cwd: string, ...args: string[]): Promise<Element> =>
      readXml((await mutual(['check', '-f', 'junit', ...args], { cwd })).stdout);

    it('has a suite for each file, and a failure with the rule as its type', async () => {
      const root = await junit(folder.path);
      assert.equal(root.name, 'testsuites');
      assert.deepEqual(
        root.children.map(({ attributes }) => attributes.name),
        ['finance.yaml', 'mtls.yaml', 'namespaces.yaml', 'rules.yaml', 'shop.yaml'],
      );
      const failures = root.children.flatMap(({ children }) => children).flatMap(({ children }) => children);
      assert.equal(failures.length, 1);
      assert.equal(failures[0]!.attributes.type, 'plaintext-refused');
      assert.match(failures[0]!.attributes.message!, /requires mTLS/);
      assert.match(failures[0]!.text, /^rules\.yaml:10:13: error .*\n {2}mtls\.yaml:8:11: mode: STRICT$/m);
      assert.deepEqual([root.attributes.tests, root.attributes.failures, root.attributes.errors], ['5', '1', '0']);
      for (const suite of root.children) {
        const failed = suite.children.filter(({ children }) => children.some(({ name }) => name === 'failure'));
        assert.equal(suite.attributes.tests, String(suite.children.length));
        assert.equal(suite.attributes.failures, String(failed.length));
      }
    });

    it('fails nothing for information and hints', async () => {
      const root = await junit(folder.path, '--all');
      const names = root.children
        .flatMap(({ children }) => children)
        .flatMap(({ children }) => children.map(({ name }) => name));
      assert.ok(names.filter((name) => name === 'system-out').length > 0);
      assert.equal(names.filter((name) => name === 'failure').length, 1);
    });

    it('is well-formed whatever stands in names and values', async () => {
      const name = '"a&b\'\\u0000\\u0007\\u001b\\ufffe]]>c<"';
      const odd = makeFolder({
        'a&b<c>".yaml': `${NAMESPACE('shop')}---\n${APP('shop', 'web')}---\n${STRICT('shop')}---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: rule, namespace: shop}\nspec:\n  host: ${name}\n  trafficPolicy: {tls: {mode: ${name}} }\n`,
      });
      const { stdout } = await mutual(['check', '-f', 'junit', '--all'], { cwd: odd.path });
      const root = readXml(stdout);
      assert.equal(root.children[0]!.attributes.name, 'a&b<c>".yaml');
      assert.match(stdout, /\ufffd/);
      assert.ok(Number(root.attributes.failures) > 0);
      odd.remove();
    });
  });

  it('GitLab gets a code quality report', async () => {
    const { stdout, code } = await mutual(['check', '-f', 'gitlab'], { cwd: folder.path });
    assert.equal(code, 1);
    const [issue, ...others] = JSON.parse(stdout);
    assert.deepEqual(others, []);
    assert.equal(issue.check_name, 'plaintext-refused');
    assert.equal(issue.severity, 'critical');
    assert.deepEqual(issue.location, { path: 'rules.yaml', lines: { begin: 10, end: 10 } });
    assert.match(issue.fingerprint, /^[0-9a-f]{32}$/);
  });

  it('workflow commands stay one line each, whatever the path', async () => {
    const odd = makeFolder({ 'a,b:c%0A.yaml': Object.values(CONFLICT).join('---\n') });
    const { stdout } = await mutual(['check', '-f', 'github', '--all'], { cwd: odd.path });
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines)
      assert.match(line, /^::(error|warning|notice) file=a%2Cb%3Ac%250A\.yaml,line=\d+,endLine=\d+,[^:]*::[^\r]+$/);
    odd.remove();
  });
});
