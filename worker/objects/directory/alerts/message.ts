/** What is sent to a receiver: the message, its form for Slack, and the signature. No I/O. */
import type { AlertMessage } from '../../../protocol/alert-schemas.ts';
import type { Condition } from '../../../protocol/conditions.ts';
import { conditionKey } from '../../../protocol/conditions.ts';

/** The header that carries the signature. */
export const SIGNATURE_HEADER = 'x-evenkeel-signature';
/** Characters of a cause; a longer one is cut. */
const CAUSE_LENGTH = 1_000;

/** Makes the message about a condition. `origin` is that of the admin host; times are epoch ms. */
export function messageOf(
  id: string,
  condition: Condition,
  { at, resolvedAt, origin }: { at: number; resolvedAt: number | null; origin: string },
): AlertMessage {
  const { event, pool, backend, since, cause, figures } = condition;
  return {
    id,
    key: conditionKey(condition),
    event,
    state: resolvedAt === null ? 'firing' : 'resolved',
    since,
    resolvedAt,
    at,
    pool,
    backend,
    cause: cause.slice(0, CAUSE_LENGTH),
    figures,
    url: `${origin}${pageOf(condition)}`,
  };
}

/** The message that an operator sends to see whether a receiver hears. */
export const testMessage = (id: string, alert: string, at: number, origin: string): AlertMessage => ({
  id,
  key: `test/${alert}`,
  event: 'test',
  state: 'firing',
  since: at,
  resolvedAt: null,
  at,
  pool: null,
  backend: null,
  cause: 'An operator sent this to see whether alerts arrive. Nothing is wrong.',
  figures: {},
  url: `${origin}/alerts`,
});

const pageOf = ({ pool, route }: Condition): string =>
  route === undefined ? `/pools/${encodeURIComponent(pool)}` : '/routes';

/** The body in the receiver's format. */
export const bodyOf = (message: AlertMessage, format: 'json' | 'slack'): string =>
  JSON.stringify(format === 'json' ? message : { text: slackText(message) });

function slackText({
  event,
  state,
  pool,
  backend,
  key,
  cause,
  since,
  resolvedAt,
  url,
}: AlertMessage): string {
  const what = TITLES[event] ?? event;
  const where =
    backend !== null ? `backend ${backend} of pool ${pool}` : pool !== null ? `pool ${pool}` : key;
  const lasted = resolvedAt === null ? '' : ` after ${spoken(resolvedAt - since)}`;
  const head =
    state === 'firing' ? `:red_circle: *${what}*` : `:large_green_circle: *Resolved${lasted}: ${what}*`;
  return `${head}, ${escaped(where)}\n${escaped(cause)}\nsince ${new Date(since).toISOString()} · <${url}|open>`;
}

const TITLES: Readonly<Record<string, string>> = {
  'pool-down': 'Pool down',
  'pool-failing': 'Pool failing',
  'backend-out': 'Backend out',
  'rollout-aborted': 'Rollout aborted',
  test: 'Test',
};

const spoken = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;

/** Slack reads these three characters as markup. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `sha256=<hex>`: the HMAC-SHA-256 of the body, as its bytes are sent. */
export async function signatureOf(secret: string, body: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(body)));
  return `sha256=${[...mac].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
