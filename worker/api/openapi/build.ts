/** What the build writes to openapi.json and schema.json (scripts/support/openapi.ts). */
import { operations } from '../index.ts';
import { openApiDocument } from './document.ts';
import { documentJsonSchema } from './json-schema.ts';

/** The OpenAPI document as JSON. */
export const documentJson = (): string => JSON.stringify(openApiDocument(operations));
/** The JSON Schema of the configuration document as JSON. */
export const schemaJson = (): string => JSON.stringify(documentJsonSchema());
