/** A message of the queue: many mappings as NDJSON under one id, which makes a second delivery recognisable. No I/O. */
import type { Mapping } from '../protocol/messages.ts';

/** A queue accepts messages of 128,000 bytes, its own metadata included. */
const MESSAGE_BYTES = 120_000;

/** The content of one message. */
export interface LogBatch {
  /** Unique: the isolate's random name and a number. */
  readonly id: string;
  /** When it was packed (epoch ms). */
  readonly at: number;
  readonly count: number;
  /** One mapping per line, each as in `GET /api/requests`. */
  readonly ndjson: string;
}

const encoder = new TextEncoder();

/** Packs mappings into as few messages as possible, in their order; `nextId` names each message. `at` is epoch ms. */
export function pack(mappings: readonly Mapping[], at: number, nextId: () => string): LogBatch[] {
  const batches: LogBatch[] = [];
  let lines: string[] = [];
  let bytes = 0;
  const close = () => {
    if (lines.length > 0)
      batches.push({ id: nextId(), at, count: lines.length, ndjson: `${lines.join('\n')}\n` });
    lines = [];
    bytes = 0;
  };
  for (const mapping of mappings) {
    const line = JSON.stringify(mapping);
    const size = encoder.encode(line).byteLength + 1;
    if (bytes + size > MESSAGE_BYTES) close();
    lines.push(line);
    bytes += size;
  }
  close();
  return batches;
}

/** The message's text: one line about the batch, then the mappings. */
export const bodyOf = ({ ndjson, ...head }: LogBatch): string => `${JSON.stringify(head)}\n${ndjson}`;

/** Reads a message's text; null when it was not made by `bodyOf`. */
export function readBody(body: unknown): LogBatch | null {
  if (typeof body !== 'string') return null;
  const end = body.indexOf('\n');
  try {
    const { id, at, count } = JSON.parse(body.slice(0, end)) as Partial<LogBatch>;
    const ours = typeof id === 'string' && /^[\w-]{1,64}$/.test(id) && Number.isSafeInteger(at);
    return ours ? { id, at: at!, count: count ?? 0, ndjson: body.slice(end + 1) } : null;
  } catch {
    return null;
  }
}

/** The key of a batch in the bucket: the hour (UTC) in which it was packed, then its id. */
export function keyOf({ id, at }: LogBatch): string {
  const hour = new Date(at).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/');
  return `${hour}/${id}.ndjson`;
}
