/** Each small configuration is served by a real nginx and by its imported document; whatever differs, the report says. */
import { convertNginx } from '../../../scripts/import/nginx/convert.ts';
import { parseNginx } from '../../../scripts/import/nginx/parse.ts';
import { compare } from './beside.ts';
import { CASES } from './nginx-cases.ts';

compare(
  {
    name: 'nginx',
    // Where Debian keeps it; not every user's path has it.
    programs: ['nginx', '/usr/sbin/nginx'],
    bring: 'apt-get install nginx-light',
    convert: (text) =>
      convertNginx(parseNginx(text, 'nginx.conf'), [], {
        hosts: new Map(),
        allowOpen: false,
        replaced: new Map(),
      }),
    run(config, { port, dir, file }) {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${dir};`,
      );
      const text = `daemon off; master_process off; pid ${dir}/${port}.pid; error_log stderr crit; events {}
http { access_log off; ${temporary.join(' ')}
${config}
server { listen 127.0.0.1:${port}; server_name ready.test; return 204; } }\n`;
      return { text, args: ['-p', dir, '-e', 'stderr', '-c', file] };
    },
  },
  CASES,
);
