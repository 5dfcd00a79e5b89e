// The test files of this folder, listed when the suite is bundled (test/editor/bundle.ts).
declare module 'suite:files' {
  export const files: readonly { readonly name: string; load(): unknown }[];
}
