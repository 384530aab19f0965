/** `npm run import -- FILE`: a configuration document on standard output, the report on standard error. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { ImportError } from './import/draft.ts';
import { convertHaproxy } from './import/haproxy/convert.ts';
import { HaproxySyntaxError, isHaproxy, parseHaproxy } from './import/haproxy/parse.ts';
import { convertNginx, type Imported } from './import/nginx/convert.ts';
import { readNginx } from './import/nginx/files.ts';
import { NginxSyntaxError } from './import/nginx/parse.ts';
import { writeCount, writeReport } from './import/report.ts';

const USAGE = `usage: npm run --silent import -- [options] FILE > config.json

FILE is an nginx.conf, a site's file, the output of nginx -T, or a haproxy.cfg; - reads standard input.
  --host NAME         host for servers without a usable server_name
  --host PORT=NAME    the same, for servers that listen there
  --root DIR          where absolute includes are looked up
  --map HOST:PORT=URL another URL for a backend
  --allow-open        open what the file guards
  --json              the report as JSON

exit status: 0 all of the traffic is carried over, 3 a part of it, 1 nothing`;

const NOTHING = 1;
const PARTLY = 3;

interface Options {
  readonly path: string;
  readonly hosts: ReadonlyMap<string, string>;
  readonly replaced: ReadonlyMap<string, string>;
  readonly root: string | null;
  readonly allowOpen: boolean;
  readonly isJson: boolean;
}

class UsageError extends Error {}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      host: { type: 'string', multiple: true, default: [] },
      map: { type: 'string', multiple: true, default: [] },
      root: { type: 'string' },
      json: { type: 'boolean', default: false },
      'allow-open': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [path, ...more] = positionals;
  if (values.help || path === undefined || more.length > 0) throw new UsageError(USAGE);
  const hosts = values.host.map((text): [string, string] => {
    const [, port = '', name = ''] = /^(?:(\d+)=)?([\w.*-]+)$/.exec(text) ?? [];
    if (name === '') throw new UsageError(`--host takes NAME or PORT=NAME, not ${text}`);
    return [port, name];
  });
  const replaced = values.map.map((text): [string, string] => {
    const [from = '', to = ''] = text.split(/=(.*)/s);
    if (!/^https?:\/\//.test(to)) throw new UsageError(`--map takes HOST:PORT=URL, not ${text}`);
    return [from, to];
  });
  return {
    path,
    hosts: new Map(hosts),
    replaced: new Map(replaced),
    root: values.root ?? null,
    allowOpen: values['allow-open'],
    isJson: values.json,
  };
}

function run(options: Options): Imported {
  const text = readFileSync(options.path === '-' ? 0 : options.path, 'utf8');
  if (isHaproxy(text)) {
    const file = options.path === '-' ? 'stdin' : basename(options.path);
    return convertHaproxy(parseHaproxy(text, file), options);
  }
  const { directives, unread } = readNginx(text, options.path, options.root);
  return convertNginx(directives, unread, options);
}

/** Prints the document and the report; returns the exit status. */
function print({ config, report, counts }: Imported, isJson: boolean): number {
  const { entries, isPartly } = report;
  const isNothing = config.routes.length === 0;
  if (isJson) console.error(JSON.stringify(entries, null, 2));
  else {
    const { parts, pools, hosts } = counts;
    console.error(writeReport(entries));
    if (isNothing) console.error('No route can be made of this file.');
    console.error(
      `${writeCount(parts, 'location')} carried over, ${writeCount(pools, 'upstream')}, ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`,
    );
  }
  if (isNothing) return NOTHING;
  console.log(JSON.stringify(config, null, 2));
  return isPartly ? PARTLY : 0;
}

try {
  const options = readOptions();
  process.exitCode = print(run(options), options.isJson);
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const isExpected =
    error instanceof NginxSyntaxError ||
    error instanceof HaproxySyntaxError ||
    error instanceof ImportError ||
    error instanceof UsageError ||
    code.startsWith('ERR_PARSE_ARGS') ||
    ['ENOENT', 'EISDIR', 'EACCES'].includes(code);
  if (!isExpected) throw error;
  console.error((error as Error).message);
  process.exitCode = NOTHING;
}
