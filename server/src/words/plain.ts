/** In characters; what a manifest holds may be of any length, what people read may not. */
const LONGEST_QUOTE = 200;

/**
 * A sentence without the backticks that mark code, for places that show plain text: editors' lists, menus, errors.
 * Long pieces of code are cut.
 */
export function plainText(text: string): string {
  if (text.length <= LONGEST_QUOTE) return text.replaceAll('`', '');
  return text.replaceAll(/`([^`]*)`?/g, (_, code: string) => shortened(code));
}

function shortened(code: string): string {
  return code.length <= LONGEST_QUOTE ? code : `${code.slice(0, LONGEST_QUOTE / 2)}…`;
}
