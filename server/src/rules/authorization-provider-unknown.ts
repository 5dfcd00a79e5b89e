// authorization-provider-unknown: a CUSTOM policy asks a provider that the mesh does not have.
import type { SettingSource } from '../mesh/settings';
import { type Place, placeOf } from '../words/names';
import { settingPlaceOf, settingPlaces } from '../words/settings';
import { nearMisses } from '../words/suggestions';
import { offered, setField } from './fixes';
import { isPlaceholder } from './placeholders';
import { wholePolicies } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const authorizationProviderUnknown: Rule = {
  id: 'authorization-provider-unknown',
  severity: 'warning',
  summary: 'A CUSTOM policy asks a provider that the mesh configuration does not have.',
  happens: 'Every request that one of its rules matches is denied.',
  remedy: 'Define the provider under `extensionProviders` of the mesh configuration, or correct the name.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { sources, extensionProviders } = view.mesh.settings;
    const configuration = configurationOf(sources.extensionProviders);
    if (!configuration) return;
    const names = extensionProviders.filter(({ authorizes }) => authorizes !== 'other').map(({ name }) => name);
    for (const policy of wholePolicies(snapshot, here)) {
      const { action, provider } = policy.spec;
      if (action !== 'CUSTOM' || provider === undefined || names.includes(provider) || isPlaceholder(provider))
        continue;
      const near = nearMisses(provider, names)[0];
      const path = ['spec', 'provider', 'name'];
      const has = names.length > 0 ? `has ${listed(names)}` : 'has none';
      const other = extensionProviders.some(({ name }) => name === provider) ? ' that authorizes' : '';
      yield {
        ...placeOf(policy, path),
        message: `There is no provider \`${provider}\`${other}; the mesh configuration ${has}. Every request that a rule matches is denied.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`,
        related: [{ ...configuration, message: 'the mesh configuration' }],
        fixes: () =>
          near === undefined ? [] : offered(setField(snapshot, policy, path, near, `Ask \`${near}\``, true)),
      };
    }
  },
};

/** What lists the providers, or leaves them out as a whole; undefined where no manifest does. */
function configurationOf(source: SettingSource): Place | undefined {
  if (source.by === 'default') return source.object && placeOf(source.object);
  const place = settingPlaces(source)[0];
  return place && settingPlaceOf(place);
}
