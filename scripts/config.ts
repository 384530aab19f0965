/**
 * `npm run config -- plan FILE | apply FILE [--yes] | pull`: the configuration as a file under version control. Exit status
 * of plan: 0 nothing would change, 2 something would, 1 an error; of apply and pull: 0 done, 1 not.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { type Access, type Answer, call, Failure, readAccess } from './config/api.ts';
import { planLines, planSummary, problemLines } from './config/words.ts';

const USAGE = `usage: npm run config -- plan FILE            what would change; exits 0: nothing, 2: something, 1: error
       npm run config -- apply FILE [--yes]   change it, after a question or with --yes
       npm run --silent config -- pull        print the document in force
FILE is a JSON document, or - for standard input. EVENKEEL_URL is the admin host, EVENKEEL_TOKEN its token.`;

const CHANGES = 2;
const ERROR = 1;

interface Document {
  readonly file: string;
  readonly text: string;
}

try {
  process.exitCode = await run();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = ERROR;
}

async function run(): Promise<number> {
  const { command, file, yes } = readArguments();
  const access = readAccess(process.env);
  if (command === 'pull') {
    const { config } = await call(access, 'GET', 'config');
    console.log(JSON.stringify(config, null, 2));
    return 0;
  }
  const document = readDocument(file);
  const { revision, changes = [], warnings = [] } = await send(access, document, 'config?dryRun=true');
  for (const line of problemLines(document.file, document.text, warnings)) console.error(`warning: ${line}`);
  if (changes.length === 0) {
    console.log(`Nothing to change: revision ${revision} is what ${document.file} says.`);
    return 0;
  }
  for (const line of planLines(changes)) console.log(line);
  console.log(`${planSummary(changes)}, against revision ${revision}`);
  if (command === 'plan') return CHANGES;
  if (!yes && !(await isConfirmed(document))) return ERROR;
  const applied = await send(access, document, 'config', { 'if-match': `"${revision}"` });
  console.log(`Applied: revision ${applied.revision} is in force.`);
  return 0;
}

/** The command; prints the usage and ends the process when it is none. */
function readArguments(): { command: 'plan' | 'apply' | 'pull'; file: string; yes: boolean } {
  try {
    const { values, positionals } = parseArgs({
      options: { yes: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [command, file, ...rest] = positionals;
    const { yes } = values;
    if (command === 'pull' && file === undefined && !yes) return { command, file: '', yes };
    const known = command === 'apply' || (command === 'plan' && !yes);
    if (known && file !== undefined && rest.length === 0) return { command, file, yes };
    throw new Error(
      command === undefined ? 'a command is missing' : `not a command: ${positionals.join(' ')}`,
    );
  } catch (error) {
    throw new Failure(`${(error as Error).message}\n${USAGE}`);
  }
}

function readDocument(file: string): Document {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${(error as Error).message}`);
  }
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Failure(`${file} is not JSON: ${(error as Error).message}`);
  }
  return { file: file === '-' ? 'standard input' : file, text };
}

/** Sends the document; a fault in it is reported with its line. */
async function send(
  access: Access,
  { file, text }: Document,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  try {
    return await call(access, 'PUT', path, text, headers);
  } catch (error) {
    if (!(error instanceof Failure) || error.problems.length === 0) throw error;
    throw new Failure(problemLines(file, text, error.problems).join('\n'));
  }
}

/** Asks on a terminal. Without one there is no answer: an apply that runs unattended needs --yes. */
async function isConfirmed({ file }: Document): Promise<boolean> {
  if (!process.stdin.isTTY || file === 'standard input') {
    console.error('Not applied: there is no terminal to ask on; --yes applies without a question.');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question('Apply these changes? (yes/no) '), ended]);
  terminal.close();
  const confirmed = /^y(es)?$/i.test(answer.trim());
  if (!confirmed) console.error('Not applied.');
  return confirmed;
}
