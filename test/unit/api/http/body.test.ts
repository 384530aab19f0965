/** JSON bodies of the API: how long and how deep they may be. */
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import { DISCARD_BYTES, readJson } from '../../../../worker/api/http/body.ts';
import { LIMITS } from '../../../../worker/config/limits.ts';
import { countedBody, expectCutAt } from '../../../support/sim/counted-body.ts';

const contextOf = (body: ReadableStream | null) =>
  ({ req: { raw: { body } } }) as unknown as Parameters<typeof readJson>[0];
const bodyOf = (text: string): ReadableStream => new Response(text).body!;
/** The problem document with which reading is refused. */
async function refusalOf(reading: Promise<unknown>): Promise<{ status: number; detail: string }> {
  const error = await reading.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HTTPException);
  return (error as HTTPException).getResponse().json() as Promise<{ status: number; detail: string }>;
}

test(`an API body that is too long is read for ${DISCARD_BYTES} bytes and answered with 413`, async () => {
  const long = countedBody(DISCARD_BYTES);
  expect((await refusalOf(readJson(contextOf(long.stream), 100))).status).toBe(413);
  expect([long.read, long.cancelled]).toEqual([DISCARD_BYTES, false]);
  const endless = countedBody();
  expect((await refusalOf(readJson(contextOf(endless.stream), 100))).status).toBe(413);
  expectCutAt(DISCARD_BYTES, endless);
  expect(endless.cancelled).toBe(true);
});

test(`an API body that nests ${LIMITS.bodyDepth} levels deep is read; one level more is refused`, async () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const { bodyDepth } = LIMITS;
  expect(JSON.stringify(await readJson(contextOf(bodyOf(nested(bodyDepth)))))).toBe(nested(bodyDepth));
  const refused = await refusalOf(readJson(contextOf(bodyOf(nested(bodyDepth + 1)))));
  expect(refused.status).toBe(400);
  expect(refused.detail).toContain(String(bodyDepth));
  // Too deep to walk to its end.
  expect((await refusalOf(readJson(contextOf(bodyOf(nested(100_000)))))).status).toBe(400);
});
