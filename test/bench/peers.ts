/** nginx and HAProxy as round-robin peers, where they are installed: on the same core, one worker each. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Peer {
  readonly name: 'nginx' | 'haproxy';
  readonly port: number;
  readonly child: ChildProcess;
}

const installed = (program: string) => spawnSync('which', [program]).status === 0;

/** Starts those that are installed. `backends` are ports on loopback. */
export function startPeers(
  dir: string,
  ports: { nginx: number; haproxy: number },
  backends: readonly number[],
  pin: readonly string[],
): Peer[] {
  const peers: Peer[] = [];
  const start = (name: Peer['name'], args: string[]) => {
    const [program, ...rest] = [...pin, name, ...args];
    peers.push({
      name,
      port: ports[name],
      child: spawn(program!, rest, { stdio: ['ignore', 'ignore', 'inherit'] }),
    });
  };
  if (installed('nginx')) {
    const path = join(dir, 'nginx.conf');
    const servers = backends.map((port) => `server 127.0.0.1:${port};`).join(' ');
    writeFileSync(
      path,
      `daemon off; master_process off; pid ${dir}/nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  upstream pool { ${servers} keepalive 64; }
  server { listen 127.0.0.1:${ports.nginx}; location / { proxy_pass http://pool; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`,
    );
    start('nginx', ['-c', path]);
  }
  if (installed('haproxy')) {
    const path = join(dir, 'haproxy.cfg');
    const servers = backends.map((port, i) => `  server s${i} 127.0.0.1:${port}`).join('\n');
    writeFileSync(
      path,
      `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen pool
  bind 127.0.0.1:${ports.haproxy}
  balance roundrobin
${servers}
`,
    );
    start('haproxy', ['-db', '-q', '-f', path]);
  }
  return peers;
}
