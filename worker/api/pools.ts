/** `/api/pools`: pools and their backends. */
import type { Config } from '../config/schema.ts';
import {
  backendAnswerSchema,
  backendInputSchema,
  backendPatchSchema,
  backendsSchema,
  poolAnswerSchema,
  poolInputSchema,
  poolsSchema,
} from '../protocol/config-schemas.ts';
import { change, readDocument, remove, withWarnings } from './directory.ts';
import { readJson } from './http/body.ts';
import { operation } from './http/operation.ts';
import { fail } from './http/problem.ts';

/** The operations on pools and backends. */
export const poolsApi = [
  operation('GET /pools', { summary: 'All pools', answer: poolsSchema, revised: true }, async (c) => {
    const { revision, config } = await readDocument(c);
    return { revision, pools: config.pools };
  }),

  operation(
    'GET /pools/:pool',
    { summary: 'One pool', answer: poolAnswerSchema, revised: true, problems: [404] },
    async (c) => {
      const { revision, config } = await readDocument(c);
      return { revision, pool: findPool(config, c.req.param('pool')) };
    },
  ),

  operation(
    'PUT /pools/:pool',
    {
      summary: 'Create or replace a pool',
      body: poolInputSchema,
      answer: poolAnswerSchema,
      creates: true,
      changes: true,
    },
    async (c) => {
      const pool = c.req.param('pool');
      const body = await readJson(c);
      const { revision, config, warnings } = await change(c, { kind: 'put-pool', pool, body });
      return { revision, pool: findPool(config, pool), ...withWarnings(warnings) };
    },
  ),

  operation(
    'DELETE /pools/:pool',
    {
      summary: 'Delete a pool that nothing refers to',
      answer: poolAnswerSchema,
      changes: true,
      problems: [404, 409],
    },
    async (c) => {
      const pool = c.req.param('pool');
      const { revision, config } = await remove(c, { kind: 'delete-pool', pool });
      return { revision, pool: findPool(config, pool) };
    },
  ),

  operation(
    'GET /pools/:pool/backends',
    { summary: 'The backends of a pool', answer: backendsSchema, revised: true, problems: [404] },
    async (c) => {
      const { revision, config } = await readDocument(c);
      return { revision, backends: findPool(config, c.req.param('pool')).backends };
    },
  ),

  operation(
    'GET /pools/:pool/backends/:backend',
    { summary: 'One backend', answer: backendAnswerSchema, revised: true, problems: [404] },
    async (c) => {
      const { revision, config } = await readDocument(c);
      return { revision, backend: findBackend(config, c.req.param()) };
    },
  ),

  operation(
    'PUT /pools/:pool/backends/:backend',
    {
      summary: 'Add or replace a backend',
      body: backendInputSchema,
      answer: backendAnswerSchema,
      creates: true,
      changes: true,
      problems: [404],
    },
    async (c) => {
      const body = await readJson(c);
      const { revision, config, warnings } = await change(c, {
        kind: 'put-backend',
        ...c.req.param(),
        body,
      });
      return { revision, backend: findBackend(config, c.req.param()), ...withWarnings(warnings) };
    },
  ),

  operation(
    'PATCH /pools/:pool/backends/:backend',
    {
      summary: 'Change fields of a backend, such as its state or weight',
      body: backendPatchSchema,
      answer: backendAnswerSchema,
      changes: true,
      problems: [404],
    },
    async (c) => {
      const body = await readJson(c);
      const { revision, config, warnings } = await change(c, {
        kind: 'patch-backend',
        ...c.req.param(),
        body,
      });
      return { revision, backend: findBackend(config, c.req.param()), ...withWarnings(warnings) };
    },
  ),

  operation(
    'DELETE /pools/:pool/backends/:backend',
    {
      summary: 'Remove a backend',
      answer: backendAnswerSchema,
      changes: true,
      problems: [404, 409],
    },
    async (c) => {
      const { revision, config } = await remove(c, { kind: 'delete-backend', ...c.req.param() });
      return { revision, backend: findBackend(config, c.req.param()) };
    },
  ),
] as const;

/** The pool with this id; throws a 404 when there is none. */
export function findPool(config: Config, id: string): Config['pools'][number] {
  return config.pools.find((pool) => pool.id === id) ?? fail(404, `There is no pool ${id}.`);
}

/** The backend with these ids; throws a 404 when there is none. */
export function findBackend(config: Config, { pool, backend }: { pool: string; backend: string }) {
  const found = findPool(config, pool).backends.find(({ id }) => id === backend);
  return found ?? fail(404, `Pool ${pool} has no backend ${backend}.`);
}
