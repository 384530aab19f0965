/** Documents that the tests of the configuration start from. */
import { checkConfig, type DeploymentInfo } from '../../../worker/config/check.ts';
import type { Config } from '../../../worker/config/schema.ts';

/** A deployment that allows everything. */
export const around: DeploymentInfo = {
  allowPrivate: true,
  adminHosts: new Set(['localhost']),
  hasAffinitySecret: true,
  hasBinding: () => true,
};

/** The document with its defaults. Throws when it is refused. */
export function valid(document: unknown): Config {
  const checked = checkConfig(document, around);
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return checked.value;
}

/** Two pools, and a route to the first. */
export const shop = valid({
  pools: [
    {
      id: 'shop',
      backends: [
        { id: 'b', url: 'http://b.test' },
        { id: 'a', url: 'http://a.test' },
      ],
    },
    { id: 'spare', backends: [{ id: 'x', url: 'http://x.test' }] },
  ],
  routes: [{ id: 'r', host: 'shop.test', pool: 'shop' }],
});
