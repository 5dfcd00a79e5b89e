// The few names that random objects are made of, so that things meet.
import fc, { type Arbitrary } from 'fast-check';

/** A Kubernetes object as JSON has it. */
export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly namespace?: string };
};

/** No name is a part of another word in a mesh, so that one can be renamed in its text. */
export const NAMESPACES = ['alfa', 'bravo', 'charlie'] as const;
export const ROOT = 'istio-system';
export const APPS = ['web', 'api', 'db'] as const;
export const PORTS = [80, 443, 3306, 8080, 9090] as const;
export const TIMES = ['2024-01-01T00:00:00Z', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'] as const;

export const namespace = fc.constantFrom('alfa', 'alfa', 'alfa', 'bravo', 'bravo', 'charlie');
export const anywhere = fc.oneof({ weight: 4, arbitrary: namespace }, { weight: 1, arbitrary: fc.constant(ROOT) });
export const app = fc.constantFrom(...APPS);
export const port = fc.constantFrom(...PORTS);
export const mode = fc.constantFrom('STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET');
export const labels = fc.oneof(
  app.map((name) => ({ app: name })),
  fc.record({ app, version: fc.constantFrom('v1', 'v2') }),
);
/** Absent as often as not. */
export const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
/** Absent as a rule. */
export const rarely = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
export const exportTo = rarely(fc.constantFrom<string[]>(['.'], ['*'], ['alfa'], ['.', 'bravo'], ['alfa', 'bravo']));
export const time = maybe(fc.constantFrom(...TIMES));

export function object(
  apiVersion: string,
  kind: string,
  place: string,
  name: string,
  rest: object,
  metadata: object = {},
): Manifest {
  return { apiVersion, kind, metadata: { name, namespace: place, ...metadata }, ...rest } as Manifest;
}

/** A host as rules and routes name it. */
export const host = fc.oneof(
  fc.tuple(app, namespace).map(([name, place]) => `${name}.${place}.svc.cluster.local`),
  namespace.map((place) => `*.${place}.svc.cluster.local`),
  app,
  fc.constantFrom('*.cluster.local', 'api.example.com', '*.example.com'),
);

export type Make = (index: number) => Manifest;
