/** What the build writes to openapi.json (scripts/support/openapi.ts). */
import { operations } from '../index.ts';
import { openApiDocument } from './document.ts';

/** The document as JSON. */
export const documentJson = (): string => JSON.stringify(openApiDocument(operations));
