/** The values of a deployment and its button: every one explained, none that opens a door, no optional thing required. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const config = JSON.parse(read('wrangler.jsonc').replaceAll(/^\s*\/\/.*$/gm, '')) as {
  vars: Record<string, string>;
  secrets: { required: string[] };
  routes?: unknown;
  queues?: { producers: { binding: string }[] };
  r2_buckets?: { binding: string }[];
};
const example = parseEnv(read('.dev.vars.example'));
const { cloudflare, scripts } = JSON.parse(read('package.json')) as {
  cloudflare: { bindings: Record<string, { description: string }> };
  scripts: Record<string, string>;
};

test('the button asks for secrets only, all empty: it offers every entry of the example for production', () => {
  expect(example).toEqual({ ADMIN_TOKEN: '', AFFINITY_SECRET: '', ALERT_SECRET: '', VIEWER_TOKEN: '' });
});

test('of the secrets only the token is required', () => {
  expect(config.secrets.required).toEqual(['ADMIN_TOKEN']);
});

test('the committed values are safe, and lead to no site', () => {
  expect(config.vars).toMatchObject({ ALLOW_PRIVATE_BACKENDS: 'false', STATIC_CONFIG: '', ACCESS_AUD: '' });
  expect(config.routes).toBeUndefined();
});

test('every value that a deployment takes is explained at the deploy button', () => {
  const resources = [...(config.queues?.producers ?? []), ...(config.r2_buckets ?? [])].map(
    (one) => one.binding,
  );
  for (const name of [...Object.keys(config.vars), ...Object.keys(example), ...resources])
    expect(cloudflare.bindings[name]?.description ?? name).toMatch(/\.$/);
});

test('the button’s two commands are there', () => {
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['build', 'deploy']));
});
