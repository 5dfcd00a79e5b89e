/** A sentence without the backticks that mark code, for places that show plain text: editors' lists, menus, errors. */
export function plainText(text: string): string {
  return text.replaceAll('`', '');
}
