/** `/api/config`: the whole document, and the declared one. */
import { staticConfig } from '../config/static.ts';
import { deploymentInfo } from '../env.ts';
import { configAnswerSchema, configInputSchema, declaredSchema } from '../protocol/config-schemas.ts';
import { change, documentAnswer, isDryRun, readConfig, readDocument } from './directory.ts';
import { readJson } from './http/body.ts';
import { openToViewers, operation } from './http/operation.ts';
import { dryRun } from './openapi/parameters.ts';

/** The operations on the whole document. */
export const configApi = [
  operation(
    'GET /config',
    { summary: 'The whole configuration', answer: configAnswerSchema, revised: true },
    async (c) => {
      const { revision, config } = await readDocument(c);
      return { revision, config };
    },
  ),

  operation(
    'GET /config/declared',
    {
      summary: 'The static configuration of STATIC_CONFIG, to compare with the one in force',
      answer: declaredSchema,
    },
    async (c) => {
      const { revision } = await readConfig(c);
      return { revision, declared: staticConfig(c.env.STATIC_CONFIG, deploymentInfo(c.env)) };
    },
  ),

  openToViewers(
    operation(
      'PUT /config',
      {
        summary: 'Replace the configuration, all or nothing',
        query: { dryRun },
        body: configInputSchema,
        answer: configAnswerSchema,
        changes: true,
      },
      async (c) => {
        const body = await readJson(c);
        return documentAnswer(await change(c, { kind: 'replace-config', body }, isDryRun(c)));
      },
    ),
    isDryRun,
  ),
] as const;
