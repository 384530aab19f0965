/** Reading JSON bodies, with limits on their length and on their depth. */
import type { Context } from 'hono';
import type { z } from 'zod';
import { parse } from '../../config/check.ts';
import { LIMITS } from '../../config/limits.ts';
import type { ApiEnv } from '../auth/access.ts';
import { fail, failInvalid } from './problem.ts';

/** A body past its limit is read to this length and discarded, so that the client receives the 413 and not a reset. */
export const DISCARD_BYTES = 64 * 1_048_576;

/** The JSON body, whatever its Content-Type: `curl -d` declares a form. Throws a 413, or a 400 when it is not JSON. */
export async function readJson(
  c: Context<ApiEnv>,
  limitBytes: number = LIMITS.documentBytes,
): Promise<unknown> {
  const text = await readText(c.req.raw.body, limitBytes);
  if (text === null) return fail(413, `The body takes at most ${limitBytes} bytes.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = `is not JSON: ${(error as Error).message}`;
    return fail(400, `The body ${message}`, [{ path: '', message }]);
  }
  if (!isDeeperThan(value, LIMITS.bodyDepth)) return value;
  const message = `nests deeper than ${LIMITS.bodyDepth} levels`;
  return fail(400, `The body ${message}.`, [{ path: '', message }]);
}

/** The JSON body as its schema describes it; throws a 400 that names every fault. */
export async function readBody<T extends z.ZodType>(c: Context<ApiEnv>, schema: T): Promise<z.output<T>> {
  const parsed = parse(schema, await readJson(c));
  return parsed.ok ? parsed.value : failInvalid(parsed.errors);
}

/** The body as text; null when it is longer than `limitBytes`. */
async function readText(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length <= limitBytes) chunks.push(chunk);
    if (length > DISCARD_BYTES) break;
  }
  return length > limitBytes ? null : new TextDecoder().decode(await new Blob(chunks).arrayBuffer());
}

/** Whether a value nests deeper than this. A deeper one could not be sent to an object. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
