// Traffic that a pod keeps from its own sidecar, in words.
import type { MeshPort, MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { outboundCapture } from '../mtls/capture';
import { objectName } from './names';
import type { Because } from './reasons';

/** Which annotation keeps traffic from the sidecar, or may do so; undefined where none does. */
export function captureBecause(client: Workload, service: MeshService, port: MeshPort): Because | undefined {
  const { captured, annotation } = outboundCapture(client, service, port.port);
  if (captured === true || annotation === undefined) return undefined;
  const { object } = client;
  const path = 'template' in object.spec ? [...object.spec.template.path, 'metadata', 'annotations', annotation] : [];
  const what = `\`${annotation}\` of \`${objectName(object)}\``;
  const text =
    captured === 'unknown'
      ? `${what} names addresses, and no manifest shows whether \`${service.host}\` is among them`
      : annotation.endsWith('interceptionMode')
        ? `${what} redirects nothing to the sidecar`
        : `${what} leads port \`${port.port}\` past the sidecar`;
  return { text, object, path };
}
