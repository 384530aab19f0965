/** `/api/explain`: where a request would go, without sending it. */
import type { Context } from 'hono';
import { z } from 'zod';
import { country } from '../config/fields.ts';
import { explanationSchema } from '../protocol/traffic-schemas.ts';
import { explain } from '../proxy/explain.ts';
import type { ApiEnv } from './auth/access.ts';
import { readBody } from './http/body.ts';
import { openToViewers, operation } from './http/operation.ts';
import { fail, failInvalid } from './http/problem.ts';

/** The longest URL to explain, in characters. */
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
      .describe('Decides where affinity, a split or the hash policy goes by address'),
    country: country().optional().describe("The country of the client's address; not given: unknown"),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'is not a known key; known are url, method, headers, clientIp, country'
        : 'must be an object such as {"url": "https://shop.example.com/cart"}',
  },
);

/** The operation that explains a request. */
export const explainApi = [
  openToViewers(
    operation(
      'POST /explain',
      {
        summary: 'Where a request would go and why; no request is sent and no counter changes',
        body: explainSchema,
        answer: explanationSchema,
      },
      async (c) => {
        const { request, country: from } = await readRequest(c);
        return (await explain(request, from, c.env)) ?? fail(503, 'No configuration can be reached.');
      },
    ),
  ),
] as const;

async function readRequest(c: Context<ApiEnv>): Promise<{ request: Request; country: string | null }> {
  const { url, method, headers, clientIp, country: from = null } = await readBody(c, explainSchema);
  const request = makeRequest(url, method, headers);
  if (!request)
    return failInvalid([{ path: 'headers', message: 'hold a name or value that HTTP does not allow' }]);
  if (clientIp !== undefined) request.headers.set('cf-connecting-ip', clientIp);
  return { request, country: from };
}

function makeRequest(url: string, method: string, headers: Record<string, string>): Request | null {
  try {
    return new Request(url, { method: method.toUpperCase(), headers });
  } catch {
    return null;
  }
}
