/** The JSON Schema of the configuration document, for editors. Build-time only. No I/O. */
import { z } from 'zod';
import { documentSchema } from '../../config/schema.ts';

/** The document as it is sent, in JSON Schema 2020-12. */
export const documentJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(documentSchema, { io: 'input', target: 'draft-2020-12' }),
  title: 'Evenkeel configuration',
  description:
    'Pools, routes and what belongs to them. Relations between fields are checked when the document is sent: npm run config -- plan FILE.',
});
