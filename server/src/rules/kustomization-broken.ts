// kustomization-broken: a kustomization that cannot be built, so that nothing of it is deployed.
import { baseName, resolvePath } from '../kustomize/paths';
import type { KustomizeProblem } from '../kustomize/problem';
import { kustomizeProblemWords } from '../words/kustomize';
import type { Place } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { folderOf } from '../workspace/kustomization-roots';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { yamlSyntax } from './yaml-syntax';

export const kustomizationBroken: Rule = {
  id: 'kustomization-broken',
  severity: 'error',
  summary: 'A kustomization cannot be built.',
  happens:
    '`kustomize build` and `kubectl apply -k` stop with an error and deploy nothing. Mutual goes on with what can be built, and says nothing about what may be missing. A file that is not there is a warning, unless one of nearly the same name stands beside it: something may make it before the build. One that .gitignore leaves out is not called missing.',
  remedy: 'Correct the marked line.',
  *checkMesh({ snapshot, view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    for (const problem of view.problems) {
      if (Object.values(problem.data).some(isPlaceholder)) continue;
      const place = placeOfProblem(snapshot, problem);
      if (problem.code === 'not-yaml' && isReported(snapshot, place)) continue;
      const words = kustomizeProblemWords(problem);
      const text = words[0]!.toUpperCase() + words.slice(1);
      const near = nearFile(snapshot, view, problem);
      const severity = severityOf(problem, near);
      yield {
        ...place,
        severity,
        message: `${text}${WHAT_HAPPENS[severity]}.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
        related: rootPlace(snapshot, view.root, place.uri),
      };
    }
  },
};

const WHAT_HAPPENS = {
  error: ': `kustomize build` fails, and nothing is deployed',
  warning: ': `kustomize build` fails, unless something makes it before',
  information: '',
} as const;

/** A file that is not there may be made before the build, unless its name is a misspelling. */
function severityOf({ severity, code }: KustomizeProblem, near: string | undefined): keyof typeof WHAT_HAPPENS {
  if (severity === 'warning') return 'information';
  return code === 'file-missing' && near === undefined ? 'warning' : 'error';
}

/** The path of a file or folder that nothing of the mesh uses, and of which the missing one's name is a misspelling. */
function nearFile(snapshot: Snapshot, view: MeshView, { code, origin, data }: KustomizeProblem): string | undefined {
  if (code !== 'file-missing' || data.file === undefined) return undefined;
  const name = baseName(data.file);
  const parent = `${folderOf(resolvePath(folderOf(origin.uri), data.file))}/`;
  const nameIn = (uri: string): string[] => (uri.startsWith(parent) ? [uri.slice(parent.length).split('/')[0]!] : []);
  const used = new Set(view.files.flatMap(nameIn));
  const free = [...snapshot.files.keys()].flatMap(nameIn).filter((each) => !used.has(each));
  // a name with another number is another one's
  const letters = (text: string): string => text.replace(/\d+/g, '');
  const near = nearMisses(name, free).find((each) => letters(each) !== letters(name));
  return near === undefined || name.replace(/\..*/, '').length < 4
    ? undefined
    : `${data.file.slice(0, data.file.lastIndexOf(name))}${near}`;
}

/** The first line of what is to be corrected. */
function placeOfProblem(snapshot: Snapshot, { origin }: KustomizeProblem): Place {
  const { uri, document, path } = origin;
  const range = document.rangeOf(path) ?? document.range;
  const text = snapshot.files.get(uri)?.text.slice(range.start, range.end) ?? '';
  // an empty file has no line but its first
  const lead = /^\s*/.exec(text)![0].length % Math.max(text.length, 1);
  const line = text.slice(lead).split('\n', 1)[0]!.trimEnd();
  return { uri, range: { start: range.start + lead, end: range.start + lead + line.length } };
}

/** True where the file already has the parser's own words. */
function isReported(snapshot: Snapshot, { uri, range }: Place): boolean {
  const file = snapshot.files.get(uri);
  const document = file?.documents.find((each) => each.range.start <= range.start && range.start <= each.range.end);
  if (!file || !document) return false;
  return [...yamlSyntax.checkFile!(file, snapshot)].some(
    (finding) =>
      (finding.severity ?? 'error') === 'error' &&
      document.range.start <= finding.range.start &&
      finding.range.start <= document.range.end,
  );
}

function rootPlace(snapshot: Snapshot, root: string | undefined, uri: string): Finding['related'] {
  if (root === undefined || root === uri || !snapshot.files.has(root)) return [];
  return [{ uri: root, range: { start: 0, end: 0 }, message: 'the kustomization that is built' }];
}
