// A suite that makes pictures instead of tests: plays the scenes of scripts/screenshots.mjs in the workbench.
import * as assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { type Control, control, type Target, type WaitParameters } from '../suite/control';
import { print, writeResults } from '../suite/output';

/** One thing done; the fields are tried in this order, a step has one of them. */
export interface Step {
  /** A file of the folder; waits until it is drawn. */
  readonly open?: string;
  /** Puts the cursor before this text of the open file and shows it in the middle. */
  readonly cursor?: string;
  /** Waits until the open file has a diagnostic with this text, and shows it. */
  readonly diagnostic?: string;
  readonly command?: string;
  readonly arguments?: readonly unknown[];
  /** Points at this text of the open file; waits for the hover. */
  readonly hover?: string;
  readonly click?: string;
  readonly press?: readonly string[];
  readonly type?: string;
  readonly wait?: WaitParameters;
  /** A moment for what nothing on the screen tells the end of. */
  readonly pauseMs?: number;
}

export interface Scene {
  /** The picture's file name. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** The part to show: the smallest box around these elements. Without it, the whole window. */
  readonly around?: readonly Target[];
  readonly padding?: number;
}

export interface ScenesFile {
  readonly scenes: readonly Scene[];
  /** Hides what is of no use in a picture. */
  readonly style: string;
}

const diagnosticTimeoutMs = 30_000;

export async function run(): Promise<void> {
  const workbench = control();
  assert.ok(workbench, 'pictures need the headless host');
  const { scenes, style }: ScenesFile = JSON.parse(await readFile(process.env.MUTUAL_SCENES ?? '', 'utf8'));
  await workbench.style(style);
  const failures: { title: string; message: string }[] = [];
  for (const scene of scenes) {
    try {
      await clear(workbench);
      for (const step of scene.steps) await play(step, workbench);
      await workbench.screenshot({ name: scene.name, around: scene.around, padding: scene.padding });
      print(`made ${scene.name}.png`);
    } catch (error) {
      failures.push({ title: scene.name, message: (error as Error).message });
      print(`FAILED ${scene.name}: ${(error as Error).message}`);
      await workbench.screenshot({ name: `failed-${scene.name}` });
    }
  }
  await writeResults({ passed: scenes.length - failures.length, failed: failures.length, skipped: 0, failures });
  if (failures.length > 0) throw new Error(`${failures.length} of ${scenes.length} pictures failed`);
}

/** Each scene begins with the same empty window. */
async function clear(workbench: Control): Promise<void> {
  await workbench.press(['Escape', 'Escape']);
  await workbench.away();
  await vscode.commands.executeCommand('workbench.action.files.revert');
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  await vscode.commands.executeCommand('workbench.action.closePanel');
  await vscode.commands.executeCommand('notifications.clearAll');
}

async function play(step: Step, workbench: Control): Promise<void> {
  if (step.open !== undefined) return open(step.open, workbench);
  if (step.cursor !== undefined) return putCursor(step.cursor);
  if (step.diagnostic !== undefined) return waitForDiagnostic(step.diagnostic, workbench);
  if (step.command !== undefined) return vscode.commands.executeCommand(step.command, ...(step.arguments ?? []));
  if (step.hover !== undefined) {
    await workbench.hover({ editorText: step.hover });
    return workbench.wait({ selector: '.monaco-hover:not(.hidden) .hover-row' });
  }
  if (step.click !== undefined) return workbench.click({ selector: step.click });
  if (step.press !== undefined) return workbench.press(step.press);
  if (step.type !== undefined) return workbench.type(step.type);
  if (step.wait !== undefined) return workbench.wait(step.wait);
  if (step.pauseMs !== undefined) return new Promise((resolve) => setTimeout(resolve, step.pauseMs));
  throw new Error(`a step that does nothing: ${JSON.stringify(step)}`);
}

async function open(file: string, workbench: Control): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, file), { preview: false });
  await workbench.wait({ selector: '.editor-group-container.active .view-line' });
}

function activeEditor(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  assert.ok(editor, 'no file is open: begin with { open: … }');
  return editor;
}

async function putCursor(text: string): Promise<void> {
  const editor = activeEditor();
  const offset = editor.document.getText().indexOf(text);
  assert.ok(offset >= 0, `${editor.document.fileName} does not have "${text}"`);
  const position = editor.document.positionAt(offset);
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function waitForDiagnostic(text: string, workbench: Control): Promise<void> {
  const editor = activeEditor();
  const deadline = Date.now() + diagnosticTimeoutMs;
  const all = () => vscode.languages.getDiagnostics(editor.document.uri);
  const find = () => all().find(({ message }) => message.includes(text));
  while (!find() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  const found = find();
  const others = all().map(({ message }) => message);
  assert.ok(
    found,
    `no diagnostic with "${text}" after ${diagnosticTimeoutMs / 1000} s; there are: ${others.join(' | ')}`,
  );
  // It is known before it is drawn.
  editor.revealRange(found.range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  await workbench.wait({ selector: '[class*="squiggly-"]' });
}
