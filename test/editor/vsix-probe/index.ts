// Whether the packaged extension, installed as a user installs it, is found and activates.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { print, writeResults } from '../suite/output';

const identifier = 'mutual.mutual-istio';
const activationTimeoutMs = 30_000;

export async function run(): Promise<void> {
  const failures: { title: string; message: string }[] = [];
  const title = `the installed extension ${identifier} activates when a YAML file is opened`;
  try {
    await activates();
    print(`✔ ${title}`);
  } catch (error) {
    failures.push({ title, message: (error as Error).message });
    print(`✘ ${title}\n${(error as Error).stack}`);
  }
  await writeResults({ passed: 1 - failures.length, failed: failures.length, skipped: 0, failures });
  if (failures.length > 0) throw new Error(`${failures.length} failed`);
}

async function activates(): Promise<void> {
  const extension = vscode.extensions.getExtension(identifier);
  assert.ok(extension, `it is not installed; there are ${vscode.extensions.all.map(({ id }) => id).join(', ')}`);
  print(`installed: ${identifier} ${extension.packageJSON.version} in ${extension.extensionPath}`);
  const [file] = await vscode.workspace.findFiles('**/*.yaml');
  assert.ok(file, 'the workspace has no YAML file');
  await vscode.window.showTextDocument(file);
  // Not `activate()`: it is for the extension's own activation events to start it.
  const deadline = Date.now() + activationTimeoutMs;
  while (!extension.isActive && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(extension.isActive, true, `not active ${activationTimeoutMs / 1000} s after a YAML file was opened`);
}
