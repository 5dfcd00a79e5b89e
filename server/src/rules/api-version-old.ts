// api-version-old: an object is written in an older version of its API.
import { groupOf } from '../manifest/read';
import { objectName, placeOf } from '../words/names';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Rule } from './rule';
import { objectsIn } from './written';

export const apiVersionOld: Rule = {
  id: 'api-version-old',
  severity: 'hint',
  summary: 'An object is written in an older version of its API.',
  happens:
    'Nothing: the versions are the same, and all of them are served. `v1` is the one that stays; it came with Istio 1.22.',
  remedy: 'Write `v1`.',
  *checkFile(file: SourceFile, snapshot: Snapshot): Iterable<Finding> {
    for (const object of objectsIn(snapshot, file)) {
      const group = groupOf(object.apiVersion);
      if (group !== 'networking.istio.io' && group !== 'security.istio.io') continue;
      const current = `${group}/v1`;
      if (object.apiVersion === current || isPatch(snapshot, object)) continue;
      // a mesh of Istio before 1.22 does not serve it
      if (snapshot.meshesOf(file.uri).some(({ mesh }) => mesh.settings.istioVersion < FIRST_WITH_V1)) continue;
      const place = placeOf(object, ['apiVersion']);
      if (place.uri !== file.uri) continue;
      yield {
        ...place,
        message: `\`${objectName(object)}\` is written in \`${object.apiVersion}\`; \`${current}\` says the same.`,
        related: [],
        fixes: () => offered(setField(snapshot, object, ['apiVersion'], current, `Write \`${current}\``, true)),
      };
    }
  },
};

/** Istio 1.22 */
const FIRST_WITH_V1 = 22;
