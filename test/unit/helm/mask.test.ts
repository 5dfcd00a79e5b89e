// Templates as they are masked: the text above each `=>`, what is left of it below, `?` for what only rendering tells.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maskTemplate, UNKNOWN } from '../../../server/src/helm/mask';
import { readTemplateObjects } from '../../../server/src/helm/objects';
import { readTemplate } from '../../../server/src/helm/read';

function masked(text: string): string | undefined {
  return maskTemplate(text)?.text.replaceAll(UNKNOWN, '?');
}

/** The gaps of the first document, as `reason path`. */
function gaps(text: string): string[] {
  const [first] = readTemplate(text)!.documents;
  return first!.gaps.map(({ reason, path }) => `${reason} ${path.join('.').replaceAll(UNKNOWN, '?')}`.trim());
}

describe('masking of templates', () => {
  const cases: Record<string, readonly [string, string]> = {
    'a value within a line': ['name: {{ .Values.a }}-x\n', 'name: ???????????????-x\n'],
    'a value in quotes': ['host: "{{ .a }}.svc"\n', 'host: "????????.svc"\n'],
    'a line of control': ['a: 1\n{{- if .x }}\nb: 2\n{{- end }}\n', 'a: 1\n            \nb: 2\n          \n'],
    'lines that are inserted': [
      'a:\n  {{- toYaml . | nindent 2 }}\nb: 1\n',
      'a:\n                             \nb: 1\n',
    ],
    'a block within a line': ['a: {{ if .x }}1{{ else }}2{{ end }}\n', 'a: ????????????????????????????????\n'],
    'an assignment': ['{{ $x := 1 }}\na: 1\n', '             \na: 1\n'],
    'a comment with braces': ['{{/* }} {{ */}}\na: 1\n', '               \na: 1\n'],
    'braces in a string': ['a: {{ "}}" }}\n', 'a: ??????????\n'],
    'a definition': ['{{ define "x" }}\nb: 2\n{{ end }}\na: 1\n', '                \n    \n         \na: 1\n'],
    'an action over lines': ['a: {{ list\n  1 }}\nb: 1\n', 'a: ???????\n      \nb: 1\n'],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(masked(text), expected));
  }

  it('refuses what Go would refuse', () => {
    for (const text of ['a: {{ .x', '{{ end }}', '{{ if .x }}', 'a: {{ "x }}', '{{ else }}']) {
      assert.equal(maskTemplate(text), undefined, text);
    }
  });

  it('keeps length and lines, and never throws, whatever the text', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '{{',
        '}}',
        '{{- ',
        ' -}}',
        '{{ if .a }}',
        '{{- else }}',
        '{{ end -}}',
        '{{ range .b }}',
        '\n',
        '\r\n',
      ),
      fc.constantFrom(
        '{{- end }}',
        '{{ .v }}',
        '{{ toYaml . | nindent 4 }}',
        '---\n',
        'a: b',
        '  - ',
        '"',
        '#',
        '{{/*',
        '*/}}',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const template = maskTemplate(text);
        if (template) {
          assert.equal(template.text.length, text.length);
          assert.deepEqual(template.text.split(/[\r\n]/).map(lengthOf), text.split(/[\r\n]/).map(lengthOf));
        }
        readTemplateObjects('file:///x.yaml', text);
      }),
      { numRuns: 300 },
    );
  });

  it('takes time in proportion to the text', () => {
    const repeated = [
      '{{ if .a }}',
      '{{ .a }}',
      '{{ range .a }}\n',
      '{{- .a -}} ',
      'a: {{ .b }}\n{{ break }}',
      '- {{ "x" }}\n---\n',
    ];
    for (const part of repeated) {
      const text = part.repeat(10_000) + (/if|range/.test(part) ? '{{ end }}'.repeat(10_000) : '');
      const start = performance.now();
      maskTemplate(text);
      assert.ok(performance.now() - start < 2000, part);
    }
  });
});

describe('gaps of templates', () => {
  const cases: Record<string, readonly [string, readonly string[]]> = {
    'a value': ['a: {{ .x }}\nb: 1\n', ['unknown a']],
    'part of a text': ['a: x-{{ .x }}\nb: 1\n', ['unknown a']],
    'a key': ['a:\n  {{ .x }}: 1\n', ['open a', 'unknown a.????????']],
    'a condition': ['a: 1\n{{- if .x }}\nb: 1\n{{- end }}\n', ['conditional b']],
    'items of a loop': ['a:\n{{- range .x }}\n- b\n{{- end }}\n', ['open a', 'conditional a.0']],
    'inserted into a mapping': ['a:\n  b: 1\n  {{- toYaml .x | nindent 2 }}\nc: 1\n', ['open a']],
    'inserted as a value': ['a:\n  {{- toYaml .x | nindent 2 }}\nc: 1\n', ['unknown a']],
    'inserted as a list beside its key': ['a:\n{{ toYaml .x | indent 0 }}\n', ['open', 'unknown a']],
    'inserted into a list': ['a:\n  - b\n  {{- toYaml .x | nindent 2 }}\n', ['open a']],
    'inserted before what is written': ['a:\n  {{- toYaml .x | nindent 2 }}\n  b: 1\n', ['open a']],
    'between brackets': ['a: [b, {{ .x }}]\n', ['unknown a']],
    'in a block of text': ['a: |\n  b\n  {{- if .x }}\n  c\n  {{- end }}\nd: 1\n', ['unknown a']],
    'a line that is glued to the one before': ['a: 1\n{{- if .x -}}\nb: 1\n{{- end }}\n', ['unknown']],
    'a value that is glued': ['a: 1\n{{- .x }}\nb: 1\n', ['unknown']],
    'a line that moves to the left': ['a:\n{{ if .x -}}\n  b: 1\n{{- end }}\n', ['unknown']],
    'nothing unclear after a separator': ['---\n{{- if .x -}}\na: 1\n{{- end }}\n', ['conditional a']],
    'a line below what is inserted': ['a:\n  {{- toYaml .x | nindent 2 }}\n    b: 1\n', ['unknown']],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(gaps(text), expected));
  }

  it('a document that begins under a condition is conditional', () => {
    const { documents } = readTemplate('a: 1\n{{- if .x }}\n---\nb: 1\n{{- end }}\n')!;
    assert.deepEqual(
      documents.map((each) => each.gaps[0]),
      [undefined, { path: [], reason: 'conditional' }],
    );
  });

  it('what follows a conditional separator may belong to the document before it', () => {
    const { documents } = readTemplate('a: 1\n{{- if .x }}\n---\n{{- end }}\nb: 1\n')!;
    assert.deepEqual(documents[0]!.gaps, [{ path: [], reason: 'unknown' }]);
  });
});

describe('objects of templates', () => {
  const service = (metadata: string, spec = ''): string =>
    `apiVersion: v1\nkind: Service\nmetadata:\n${metadata}spec:\n  ports:\n  - port: 80\n${spec}`;
  const read = (text: string) => {
    const { objects, unread } = readTemplateObjects('file:///chart/templates/a.yaml', text);
    return [
      objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
      unread.map(({ kind }) => kind),
    ];
  };

  it('count when nothing of them is open', () => {
    assert.deepEqual(read(service('  name: web\n  namespace: shop\n')), [['Service shop/web'], []]);
  });

  it('do not count with an unknown name, namespace, kind, or under a condition', () => {
    assert.deepEqual(read(service('  name: {{ .Release.Name }}-web\n')), [[], ['Service']]);
    assert.deepEqual(read(service('  name: web\n  namespace: {{ .Values.ns }}\n')), [[], ['Service']]);
    assert.deepEqual(read(`{{ if .x }}\n${service('  name: web\n')}{{ end }}\n`), [[], ['Service']]);
    assert.deepEqual(read(service('  name: web\n').replace('Service', '{{ .Values.kind }}')), [[], ['']]);
  });

  it('do not count when a mapping that is read may have more', () => {
    const labels = "  name: web\n  labels:\n    {{- include 'x' . | nindent 4 }}\n";
    assert.deepEqual(read(service(labels)), [[], ['Service']]);
  });

  it('count with an unknown image: it decides nothing', () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: a\n    image: {{ .x }}\n';
    assert.deepEqual(read(pod), [['Pod default/a'], []]);
  });

  it('of kinds that decide nothing are not missed', () => {
    assert.deepEqual(read('apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .x }}\n'), [[], []]);
  });

  it('that another template prints are missed', () => {
    assert.deepEqual(read('{{ include "common.all" . }}\n'), [[], ['']]);
    assert.deepEqual(read('{% if x %}\na: 1\n{% endif %}\n'), [[], ['']]);
  });
});

function lengthOf(text: string): number {
  return text.length;
}
