/** One burst of load: wrk where it is installed, else autocannon. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Load {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
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
  const headers = Object.entries({ Host: load.host, ...load.headers }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const url = `http://127.0.0.1:${load.port}${load.path}`;
  if (generator === 'wrk') {
    const args = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--latency', ...headers, url];
    return parseWrk((await run([...pin, 'wrk'][0]!, [...pin, 'wrk', ...args].slice(1))).stdout);
  }
  const args = [
    'autocannon',
    '--json',
    '-c',
    String(load.connections),
    '-d',
    String(load.seconds),
    ...headers,
    url,
  ];
  const { stdout } = await run([...pin, 'npx'][0]!, [...pin, 'npx', ...args].slice(1));
  const result = JSON.parse(stdout);
  const { average } = result.requests;
  const errors = result.non2xx + result.errors + result.timeouts;
  return {
    rps: average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    requests: result.requests.total,
    errors,
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
