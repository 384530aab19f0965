/** The API's own description: the schemas that forms are built from. */
import { queryOptions } from '@tanstack/react-query';
import { send } from './client.ts';

/** A JSON Schema, as far as forms look at it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: string | number | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly $ref?: string;
}

/** The OpenAPI document, as far as forms look at it: no schema of ours describes it. */
interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** The schemas by name: `PoolInput`, `BackendInput`, `RouteInput` … They change only with a deploy. */
export const schemasQuery = queryOptions({
  queryKey: ['schemas'],
  queryFn: async () => (await send<Document>('GET', '/openapi.json')).components.schemas,
  staleTime: Number.POSITIVE_INFINITY,
});
