/** `/api/explain`: what would become of a request, without sending it. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { parse } from '../config/check.ts';
import { explain } from '../proxy/explain.ts';
import type { ApiEnv } from './auth/access.ts';
import { readJson } from './http/body.ts';
import { fail, failInvalid } from './http/problem.ts';

/** Of the URL to explain, in characters. */
export const URL_LENGTH = 8_192;
const URL_ERROR = 'must be a URL with http:// or https:// and a host, such as https://shop.example.com/cart';
const METHOD_ERROR = 'must be an HTTP method, such as GET';
const HEADERS_ERROR = 'must be an object of header names and string values';

/** The request to explain. */
export const explainSchema = z.strictObject(
  {
    url: z
      .url({ protocol: /^https?$/, error: URL_ERROR })
      .max(URL_LENGTH, { error: `takes at most ${URL_LENGTH} characters` }),
    method: z
      .string({ error: METHOD_ERROR })
      .regex(/^[A-Z]{1,32}$/i, { error: METHOD_ERROR })
      .default('GET'),
    headers: z.record(z.string(), z.string({ error: HEADERS_ERROR }), { error: HEADERS_ERROR }).default({}),
    clientIp: z
      .union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' })
      .optional()
      .describe('Decides where affinity or the hash policy goes by address'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'is not a known key; known are url, method, headers, clientIp'
        : 'must be an object such as {"url": "https://shop.example.com/cart"}',
  },
);

export const explainApi = new Hono<ApiEnv>().post('/', async (c) => {
  const explanation = await explain(await readRequest(c), c.env);
  return c.json(explanation ?? fail(503, 'No configuration can be reached.'));
});

async function readRequest(c: Context<ApiEnv>): Promise<Request> {
  const parsed = parse(explainSchema, await readJson(c));
  if (!parsed.ok) return failInvalid(parsed.errors);
  const { url, method, headers, clientIp } = parsed.value;
  const request = make(url, method, headers);
  if (!request)
    return failInvalid([{ path: 'headers', message: 'hold a name or value that HTTP does not allow' }]);
  if (clientIp !== undefined) request.headers.set('cf-connecting-ip', clientIp);
  return request;
}

function make(url: string, method: string, headers: Record<string, string>): Request | null {
  try {
    return new Request(url, { method: method.toUpperCase(), headers });
  } catch {
    return null;
  }
}
