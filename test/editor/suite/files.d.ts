// What is put into the suite when it is bundled (test/editor/bundle.ts): the list of its test files, and how it is run.
declare module 'virtual:suite-files' {
  export const files: readonly { readonly name: string; load(): unknown }[];
}

/** What `--grep` gave, or nothing. */
declare const testPattern: string;

/** Whether it is to run in the web worker extension host. */
declare const inWebWorker: boolean;
