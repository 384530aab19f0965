/** `npm run docs:config`: writes the tables of docs/configuration.md from the schema of the configuration. */
import { configTables } from './support/config-tables.ts';
import { writeBlocks } from './support/documents.ts';

writeBlocks('docs/configuration.md', configTables());
