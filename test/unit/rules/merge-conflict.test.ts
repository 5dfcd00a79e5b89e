// What git leaves in a file when two sides changed the same lines.
import assert from 'node:assert/strict';
import { checkSnapshot } from '../../../server/src/rules';
import { DEFAULT_OPTIONS } from '../../../server/src/rules/rule';
import { snapshotOf } from './annotated';

const CONFLICT = `apiVersion: v1
kind: Service
metadata:
  name: cart
<<<<<<< HEAD
  namespace: shop
=======
  namespace: store
>>>>>>> topic
spec: {ports: [{port: 80}]}
`;
const TEXT = `apiVersion: v1
kind: ConfigMap
metadata: {name: texts, namespace: shop}
data:
  a: |
    <<<<<<< HEAD
    =======
`;

const told = (text: string): string[] =>
  checkSnapshot(snapshotOf(new Map([['file.yaml', text]])), DEFAULT_OPTIONS)
    .filter(({ rule }) => rule === 'yaml-syntax')
    .map(({ range, message }) => `${text.slice(range.start, range.end)}: ${message}`);

describe('a merge conflict', () => {
  it('is told as one, once, at its beginning, also with the line endings of Windows', () => {
    const sentence = 'A merge conflict is not resolved here. This document cannot be read until one side is chosen.';
    assert.deepEqual(told(`${TEXT}---\n${CONFLICT}`), [`<<<<<<< HEAD: ${sentence}`]);
    assert.deepEqual(told(CONFLICT.replaceAll('\n', '\r\n')), [`<<<<<<< HEAD: ${sentence}`]);
  });

  it('in a text is a text', () => assert.deepEqual(told(TEXT), []));
});
