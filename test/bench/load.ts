/** One burst of load: wrk where it is installed, else autocannon. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Load {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The length of each request's body; 0: a GET. */
  readonly uploadBytes: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  /** Answers other than 2xx or 3xx, and socket errors: a run with any is no measurement. */
  readonly errors: number;
}

export type LoadGenerator = 'wrk' | 'autocannon';

/** Which load generator there is. */
export async function loadGenerator(): Promise<LoadGenerator> {
  return run('wrk', ['-v']).then(
    () => 'wrk',
    // wrk prints its usage and exits with 1 even for -v
    (error: { code?: unknown }) => (error.code === 'ENOENT' ? 'autocannon' : 'wrk'),
  );
}

/** Puts the load on and measures it. `pin` is the command that pins a process to a core, or empty. */
export async function measure(
  load: Load,
  generator: LoadGenerator,
  pin: readonly string[],
): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'evenkeel-load-'));
  try {
    const [program, ...args] = [...pin, ...commandOf(load, generator, dir)];
    const { stdout } = await run(program!, args);
    return generator === 'wrk' ? parseWrk(stdout) : parseAutocannon(stdout);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The command of one burst; what it reads is written into `dir`. */
function commandOf(load: Load, generator: LoadGenerator, dir: string): string[] {
  const { port, host, path, uploadBytes, connections, seconds } = load;
  const headers = Object.entries({ Host: host, ...load.headers }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const url = `http://127.0.0.1:${port}${path}`;
  const isWrk = generator === 'wrk';
  const file = join(dir, isWrk ? 'upload.lua' : 'upload');
  const lua = `wrk.method = 'POST'; wrk.body = string.rep('x', ${uploadBytes})`;
  if (uploadBytes > 0) writeFileSync(file, isWrk ? lua : Buffer.alloc(uploadBytes, 'x'));
  if (isWrk) {
    const script = uploadBytes > 0 ? ['-s', file] : [];
    return ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...script, ...headers, url];
  }
  const body = uploadBytes > 0 ? ['-m', 'POST', '-i', file] : [];
  const counts = ['-c', String(connections), '-d', String(seconds)];
  return ['npx', 'autocannon', '--json', ...counts, ...body, ...headers, url];
}

function parseAutocannon(text: string): Measured {
  const { requests, latency, non2xx, errors, timeouts } = JSON.parse(text);
  return {
    rps: requests.average,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    requests: requests.total,
    errors: non2xx + errors + timeouts,
  };
}

function parseWrk(text: string): Measured {
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const latency = (percent: string) => {
    const [, value = '0', unit = 'ms'] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
    return Number(value) * { us: 0.001, ms: 1, s: 1_000 }[unit as 'us' | 'ms' | 's'];
  };
  const socketErrors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  return {
    rps: number(/Requests\/sec:\s+([\d.]+)/),
    p50Ms: latency('50'),
    p99Ms: latency('99'),
    requests: number(/(\d+) requests in/),
    errors: number(/Non-2xx or 3xx responses: (\d+)/) + socketErrors.reduce((a, b) => a + Number(b), 0),
  };
}
