/** The route form: what goes to the API, and the id it suggests. */
import { describe, expect, test } from 'vitest';
import { suggestId, tidied } from '../../../../dashboard/changes/use-route-form.ts';
import { type RouteConfig, routeSchema } from '../../../../worker/config/schema.ts';

const route = (fields: object): RouteConfig =>
  routeSchema.parse({ id: 'r', host: 'shop.test', pool: 'p', ...fields });

describe('the form', () => {
  test('a route goes to the API without spaces around, its host in lower case', () => {
    const typed = { ...route({}), id: ' r ', host: ' Shop.Test ', path: ' ' };
    expect(tidied(typed)).toEqual(route({}));
  });

  test.each([
    ['shop.example.com', '/', [], 'shop'],
    ['*.shop.example.com', '/API/v2/', [], 'shop-api-v2'],
    ['shop.example.com', '/', ['shop', 'shop-2'], 'shop-3'],
    ['', '/', [], ''],
    ['_dmarc.test', '/', [], 'dmarc'],
  ])('%s%s with %j taken is named %j', (host, path, taken, id) => {
    expect(suggestId(host, path, new Set(taken))).toBe(id);
  });
});
