/** The OpenAPI document: valid by an independent validator, and neither more nor less than the app serves. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { api, operations } from '../../../../worker/api/index.ts';
import { openApiDocument } from '../../../../worker/api/openapi/document.ts';

const document = openApiDocument(operations) as {
  paths: Record<string, object>;
  components: { schemas: Record<string, { required?: string[] }> };
};

test('an independent validator finds nothing wrong', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

test('every route of the app is described, and every description is a route', () => {
  const served = api.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} /api${path}`),
  );
  expect([...new Set(served)].sort()).toEqual([...described].sort());
});

test('every reference leads somewhere, and operation ids are unique', () => {
  const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name!,
  );
  expect(names.filter((name) => !(name in document.components.schemas))).toEqual([]);
  const ids = [...JSON.stringify(document).matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(operations.length);
});

test('keys of a pool that have a default may be left out of a body, and are always in an answer', () => {
  const { schemas } = document.components;
  expect(schemas.PoolInput!.required).toEqual(['id', 'backends']);
  expect(schemas.PoolConfig!.required).toContain('policy');
  expect(schemas.BackendPatch!.required).toBeUndefined();
});
