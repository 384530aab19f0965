/** The backend of the benchmark, as fast as Node can: a fixed answer on every port it is given. */
import { createServer } from 'node:http';

const BODY = Buffer.from(
  'ok, this is a small answer of a hundred bytes or so, as an API might give it: {"ok":true,"n":42}\n',
);
for (const port of process.argv.slice(2)) {
  createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': BODY.length }).end(BODY);
  }).listen(Number(port), '127.0.0.1');
}
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
