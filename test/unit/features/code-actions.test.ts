// Fixes at a place, for all of a kind, and for a whole file.
import assert from 'node:assert/strict';
import { fixAllOf, fixesAt, fixesOfAKind } from '../../../server/src/features/code-actions';
import { checkSnapshot } from '../../../server/src/rules/index';
import { DEFAULT_OPTIONS, type Fix } from '../../../server/src/rules/rule';
import { Workspace } from '../../../server/src/workspace/workspace';
import { applyEdits } from '../../../server/src/yaml/edit';
import { CART, NAMESPACE, STRICT, WEB } from '../../protocol/manifests';

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
`;
const rule = (name: string): string => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name}, namespace: shop }
spec:
  host: ${name}
  trafficPolicy:
    tls: { mode: DISABLE } # from before
`;
const FILES = {
  'app.yaml': [NAMESPACE, WEB, CART, SERVICE, STRICT].join('---\n'),
  'rules.yaml': [rule('cart'), rule('web')].join('---\n'),
};

function problemsOf(files: Readonly<Record<string, string>>) {
  const workspace = new Workspace();
  workspace.apply({ files: new Map(Object.entries(files)) });
  return checkSnapshot(workspace.snapshot(), DEFAULT_OPTIONS);
}

/** The rules that still speak, error or warning, once the fix has been applied to rules.yaml. */
function left(fix: Fix | undefined): string[] {
  const text = applyEdits(FILES['rules.yaml'], fix?.edits.get('rules.yaml') ?? []);
  assert.equal(text.match(/# from before/g)?.length, 2, 'a comment was lost');
  const problems = problemsOf({ ...FILES, 'rules.yaml': text });
  return problems.filter(({ severity }) => severity === 'error' || severity === 'warning').map((each) => each.rule);
}

describe('code actions', () => {
  const problems = problemsOf(FILES);
  const [first] = problems.filter((problem) => problem.rule === 'plaintext-refused');

  it('mend one problem where the cursor is', () => {
    const [offered] = fixesAt(problems, 'rules.yaml', first!.range);
    assert.deepEqual(left(offered?.fix), ['plaintext-refused']);
  });

  it('mend all of a kind in the file', () => {
    const offers = fixesOfAKind(problems, 'rules.yaml', first!.range);
    assert.deepEqual(
      offers.map(({ fix }) => fix.title),
      ['Fix all 2 `plaintext-refused` problems in this file'],
    );
    assert.deepEqual(left(offers[0]?.fix), []);
  });

  it('offer the workspace where other files have the same problem', () => {
    const [cart, web] = FILES['rules.yaml'].split('---\n');
    const apart = problemsOf({ 'app.yaml': FILES['app.yaml'], 'cart.yaml': cart!, 'web.yaml': web! });
    const here = apart.find((problem) => problem.uri === 'cart.yaml' && problem.rule === 'plaintext-refused');
    const offers = fixesOfAKind(apart, 'cart.yaml', here!.range);
    assert.deepEqual(
      offers.map(({ fix }) => fix.title),
      ['Fix all 2 `plaintext-refused` problems in the workspace'],
    );
    assert.deepEqual([...offers[0]!.fix.edits.keys()].sort(), ['cart.yaml', 'web.yaml']);
  });

  it('mend a whole file, and only that file', () => {
    const all = fixAllOf(problems, 'rules.yaml');
    assert.deepEqual(left(all?.fix), []);
    assert.equal(fixAllOf(problems, 'app.yaml'), undefined);
  });
});
