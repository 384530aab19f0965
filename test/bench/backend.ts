/** The backend of the benchmark, as fast as Node can: a fixed answer on every port it is given, once the body has ended. */
import { createServer } from 'node:http';
import { LARGE_BYTES } from './shapes.ts';

const SMALL = Buffer.from(
  'ok, this is a small answer of a hundred bytes or so, as an API might give it: {"ok":true,"n":42}\n',
);
const LARGE = Buffer.alloc(LARGE_BYTES, 'large ');
for (const port of process.argv.slice(2)) {
  createServer((request, response) => {
    const body = request.url === '/large' ? LARGE : SMALL;
    const answer = () =>
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
    request.resume();
    if (request.method === 'GET') answer();
    else request.on('end', answer);
  }).listen(Number(port), '127.0.0.1');
}
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
