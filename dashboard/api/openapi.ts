/** The API's own description: the schemas that forms are built from. */
import { queryOptions } from '@tanstack/react-query';
import { client, read } from './client.ts';

/** A JSON Schema, as far as forms look at it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: string | number | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

/** The schemas by name: `PoolInput`, `BackendInput`, `RouteInput` … They change only with a deploy. */
export const schemasQuery = queryOptions({
  queryKey: ['schemas'],
  queryFn: async () => {
    const document = (await read(client['openapi.json'].$get())) as unknown as {
      components: { schemas: Readonly<Record<string, JsonSchema>> };
    };
    return document.components.schemas;
  },
  staleTime: Number.POSITIVE_INFINITY,
});
