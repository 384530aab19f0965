/** `npm run import -- nginx.conf`: a configuration document on standard output, what it leaves out on standard error. */
import { basename } from 'node:path';
import { convert } from './import/convert.ts';
import { readNginx } from './import/files.ts';
import { Notes } from './import/notes.ts';
import { NginxSyntaxError } from './import/parse.ts';

const [path, ...rest] = process.argv.slice(2);
if (path === undefined || rest.length > 0 || path.startsWith('-')) {
  console.error('usage: npm run --silent import -- nginx.conf > config.json');
  process.exit(2);
}

try {
  const { directives, missing } = readNginx(path);
  const { config, notes, errors } = convert(directives);
  const unread = new Notes();
  for (const directive of missing) unread.drop(directive, 'there is no such file');
  for (const { file, line, what, differs, why } of [...unread.list, ...notes])
    console.error(`${basename(file)}:${line}: ${what} — ${differs ? 'differs' : 'not carried over'}: ${why}`);
  for (const error of errors) console.error(`the document: ${error.path} ${error.message}`);
  if (config.routes.length === 0)
    console.error('nothing in it is proxied: no location has a proxy_pass that can be carried over');
  else console.log(JSON.stringify(config, null, 2));
  if (errors.length > 0 || config.routes.length === 0) process.exitCode = 1;
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof NginxSyntaxError) && code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES')
    throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}
