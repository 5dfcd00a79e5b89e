// What a suite can do with the workbench on the screen. Selectors are Playwright's (CSS, `text=…`, `role=…`).
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An element of the workbench, or text as it stands in the visible part of the active editor. */
export interface Target {
  readonly selector?: string;
  readonly editorText?: string;
  /** Which of several, from 0; -1 is the last. */
  readonly occurrence?: number;
}

export interface ClickTarget extends Target {
  readonly button?: 'left' | 'right';
  /** Keys held meanwhile: `Control`, `Shift`. */
  readonly modifiers?: readonly string[];
}

export interface WaitParameters {
  readonly selector: string;
  /** The element must contain this text. */
  readonly text?: string;
  readonly gone?: boolean;
  readonly timeoutMs?: number;
}

export interface ScreenshotParameters extends Target {
  readonly name: string;
  /** Instead of one element: all of these, the smallest box around them. */
  readonly around?: readonly Target[];
  readonly padding?: number;
  readonly clip?: Box;
}

const timeoutMs = 10_000;

export const actions = {
  async screenshot(page: Page, parameters: ScreenshotParameters, folder: string): Promise<{ path: string }> {
    if (!/^[\w-]+$/.test(parameters.name ?? ''))
      throw new Error(`"${parameters.name}" is not a name of letters, digits, - and _`);
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${parameters.name}.png`);
    await page.screenshot({
      path: file,
      clip: await clipOf(page, parameters),
      animations: 'disabled',
      caret: 'hide',
      timeout: timeoutMs,
    });
    return { path: file };
  },

  /** Keys as Playwright names them, one after the other: `Control+Period`, `Escape`, `F8`. */
  async press(page: Page, { keys }: { keys: string | readonly string[] }): Promise<void> {
    for (const key of [keys].flat()) await page.keyboard.press(key);
  },

  async type(page: Page, { text, delayMs = 0 }: { text: string; delayMs?: number }): Promise<void> {
    await page.keyboard.type(text, { delay: delayMs });
  },

  async hover(page: Page, target: Target): Promise<void> {
    const { x, y } = await middleOf(page, target);
    // From elsewhere and in steps: the editor shows no hover for a pointer that was there already or only jumped.
    await page.mouse.move(x, Math.max(0, y - 40));
    await page.mouse.move(x, y, { steps: 4 });
  },

  async click(page: Page, target: ClickTarget): Promise<void> {
    const { x, y } = await middleOf(page, target);
    for (const key of target.modifiers ?? []) await page.keyboard.down(key);
    try {
      await page.mouse.click(x, y, { button: target.button ?? 'left' });
    } finally {
      for (const key of target.modifiers ?? []) await page.keyboard.up(key);
    }
  },

  /** Moves the pointer to a corner where nothing reacts to it. */
  async away(page: Page): Promise<void> {
    await page.mouse.move(page.viewportSize()?.width ?? 1280, 0);
  },

  async wait(page: Page, parameters: WaitParameters): Promise<void> {
    const state = parameters.gone ? 'hidden' : 'visible';
    await locate(page, parameters)
      .first()
      .waitFor({ state, timeout: parameters.timeoutMs ?? timeoutMs });
  },

  async style(page: Page, { css }: { css: string }): Promise<void> {
    await page.addStyleTag({ content: css });
  },

  /** The visible elements: their text, accessible label and place. */
  async read(page: Page, parameters: { selector: string; text?: string }): Promise<{ elements: ReadElement[] }> {
    const elements: ReadElement[] = [];
    for (const element of await locate(page, parameters).all()) {
      const box = await element.boundingBox({ timeout: timeoutMs });
      if (!box || box.width === 0) continue;
      const text = (await element.innerText({ timeout: timeoutMs })).replaceAll('\u00a0', ' ');
      elements.push({ text, label: (await element.getAttribute('aria-label')) ?? '', box });
    }
    return { elements };
  },
};

export interface ReadElement {
  readonly text: string;
  readonly label: string;
  readonly box: Box;
}

function locate(page: Page, { selector, text }: { selector: string; text?: string }): Locator {
  const all = page.locator(selector);
  return text === undefined ? all : all.filter({ hasText: text });
}

async function boxOf(page: Page, target: Target): Promise<Box> {
  if (target.editorText !== undefined) return boxOfEditorText(page, target.editorText, target.occurrence ?? 0);
  if (target.selector === undefined) throw new Error('give a selector or editorText');
  const element = page.locator(target.selector).nth(target.occurrence ?? 0);
  await element.waitFor({ state: 'visible', timeout: timeoutMs });
  const box = await element.boundingBox({ timeout: timeoutMs });
  if (!box) throw new Error(`${target.selector} has no place on the screen`);
  return box;
}

async function middleOf(page: Page, target: Target): Promise<{ x: number; y: number }> {
  const box = await boxOf(page, target);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function boxOfEditorText(page: Page, text: string, occurrence: number): Promise<Box> {
  const boxes = await page.evaluate<Box[]>(`(${findEditorText})(${JSON.stringify(text)})`);
  const box = boxes.at(occurrence);
  if (box) return box;
  throw new Error(
    `the visible part of the active editor has "${text}" ${boxes.length} times; asked for number ${occurrence}`,
  );
}

/**
 * Runs in the page, so it is text: no compiler may add helpers that the page does not have. The editor draws a line as
 * many spans, with unbreakable spaces, and the lines in any order.
 */
const findEditorText = `(wanted) => {
  const found = [];
  for (const line of document.querySelectorAll('.editor-group-container.active .monaco-editor .view-lines .view-line')) {
    const nodes = [];
    let content = '';
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      nodes.push({ node: walker.currentNode, start: content.length });
      content += walker.currentNode.textContent;
    }
    content = content.replace(/[\\u00a0\\u00b7]/g, ' ');
    for (let at = content.indexOf(wanted); at >= 0; at = content.indexOf(wanted, at + 1)) {
      const range = document.createRange();
      const first = nodes.filter(({ start }) => start <= at).at(-1);
      const last = nodes.filter(({ start }) => start < at + wanted.length).at(-1);
      range.setStart(first.node, at - first.start);
      range.setEnd(last.node, at + wanted.length - last.start);
      const { x, y, width, height } = range.getBoundingClientRect();
      found.push({ x, y, width, height });
    }
  }
  return found.sort((a, b) => a.y - b.y || a.x - b.x);
}`;

async function clipOf(page: Page, parameters: ScreenshotParameters): Promise<Box | undefined> {
  if (parameters.clip) return parameters.clip;
  const boxes: Box[] = [];
  if (parameters.selector !== undefined || parameters.editorText !== undefined)
    boxes.push(await boxOf(page, parameters));
  for (const target of parameters.around ?? []) boxes.push(await boxOf(page, target));
  if (boxes.length === 0) return undefined;
  const padding = parameters.padding ?? 0;
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  const left = Math.max(0, Math.min(...boxes.map((box) => box.x)) - padding);
  const top = Math.max(0, Math.min(...boxes.map((box) => box.y)) - padding);
  const right = Math.min(width, Math.max(...boxes.map((box) => box.x + box.width)) + padding);
  const bottom = Math.min(height, Math.max(...boxes.map((box) => box.y + box.height)) + padding);
  return { x: left, y: top, width: right - left, height: bottom - top };
}
