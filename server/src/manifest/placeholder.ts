// Text that something will still replace: of such a value nothing certain can be said.

/** Closing brackets say nothing: JSON on one line has them too. */
const TEMPLATE = /\{\{|\{%|\{<|<%|(?:^|[ \t])#@/m;
const PLACEHOLDER =
  /\$\{|\$\(|\$[A-Z_]{2,}|<[A-Za-z_][\w .-]*>|@[A-Z_]+@|__[A-Z_]+__|%[A-Z_]+%|PLACEHOLDER|REPLACE[_-]?ME|CHANGE[_-]?ME|YOUR[_-]/i;

/** A label of a host in capitals, as kustomize's replacements have it: `DEX_SERVICE.DEX_NAMESPACE.svc`. */
const HOST_PLACEHOLDER = /(?:^|\.)[A-Z0-9]+_[A-Z0-9_]+\.|\.[A-Z0-9]+_[A-Z0-9_]+/;

/** True for Go templates (Helm), Jinja, gomplate, ytt and the like. */
export function isTemplate(text: string): boolean {
  if (last?.text !== text) last = { text, is: TEMPLATE.test(text) };
  return last.is;
}

/** The same document is asked about for each of its problems, one after the other. */
let last: { readonly text: string; readonly is: boolean } | undefined;

/** True when `text` is to be filled in: `$(VAR)`, `${VAR}`, `<name>`. */
export function isPlaceholder(text: string): boolean {
  return TEMPLATE.test(text) || text.includes('}}') || PLACEHOLDER.test(text) || HOST_PLACEHOLDER.test(text);
}
