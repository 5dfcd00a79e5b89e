// What a test may do with the workbench on the screen: point, click, type, look. Only the headless host offers it;
// in a downloaded VS Code `control()` is undefined, and a test that needs it calls `this.skip()`.
import type { Box, ClickTarget, ReadElement, ScreenshotParameters, Target, WaitParameters } from '../host/actions';

export interface Control {
  /** Saves a picture of the window, or of a part, and gives back where it is. */
  screenshot(parameters: ScreenshotParameters): Promise<{ path: string }>;
  /** Keys one after the other, as Playwright names them: `Control+Period`, `Escape`, `F8`. */
  press(keys: string | readonly string[]): Promise<void>;
  type(text: string, delayMs?: number): Promise<void>;
  hover(target: Target): Promise<void>;
  click(target: ClickTarget): Promise<void>;
  /** Moves the pointer to where nothing reacts to it. */
  away(): Promise<void>;
  /** Until an element is visible (or gone); 10 s unless told otherwise. */
  wait(parameters: WaitParameters): Promise<void>;
  /** Adds CSS to the page: to hide, for a picture, what changes from run to run. */
  style(css: string): Promise<void>;
  /** The visible elements that match. */
  read(parameters: { selector: string; text?: string }): Promise<readonly ReadElement[]>;
}

export type { Box, ClickTarget, ReadElement, ScreenshotParameters, Target, WaitParameters };

const answerTimeoutMs = 60_000;

export function control(): Control | undefined {
  // A web extension has no environment variables, nor has a downloaded VS Code this one.
  const address = typeof process === 'undefined' ? undefined : process.env?.MUTUAL_HOST_CONTROL;
  if (!address) return undefined;
  const ask = async <Answer>(action: string, parameters: object): Promise<Answer> => {
    const response = await fetch(`${address}/${action}`, {
      method: 'POST',
      body: JSON.stringify(parameters),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const answer = (await response.json()) as Answer & { error?: string };
    if (!response.ok) throw new Error(`the workbench: ${answer.error ?? response.statusText}`);
    return answer;
  };
  return {
    screenshot: (parameters) => ask('screenshot', parameters),
    press: (keys) => ask('press', { keys }),
    type: (text, delayMs) => ask('type', { text, delayMs }),
    hover: (target) => ask('hover', target),
    click: (target) => ask('click', target),
    away: () => ask('away', {}),
    wait: (parameters) => ask('wait', parameters),
    style: (css) => ask('style', { css }),
    read: async (parameters) => (await ask<{ elements: ReadElement[] }>('read', parameters)).elements,
  };
}
