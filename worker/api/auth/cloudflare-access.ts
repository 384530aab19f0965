/** Cloudflare Access as a way in: the runtime tells who has passed the Access application in front of this host. */
import type { Env } from '../../env.ts';

/** As long as an e-mail address may be (RFC 5321 4.5.3.1). */
export const EMAIL_LENGTH = 254;

/**
 * The e-mail address of who came through the application that `ACCESS_AUD` names, or null. The setting is asked for
 * because the runtime reports any application over this host: one for `*.example.com` that lets the whole staff in must
 * not make them all operators. No header that a client may send is looked at. An identity without an address, such as a
 * service token's, is none: a change needs somebody's name, and scripts have the operator's token.
 */
export async function accessIdentity(
  env: Env,
  access: CloudflareAccessContext | undefined,
): Promise<string | null> {
  const audience = (env.ACCESS_AUD ?? '').trim();
  if (audience === '' || access?.aud !== audience) return null;
  try {
    const email = (await access.getIdentity())?.email;
    return typeof email === 'string' && email.includes('@') ? email.slice(0, EMAIL_LENGTH) : null;
  } catch (error) {
    console.error({ message: 'Cloudflare Access did not tell who this is', detail: String(error) });
    return null;
  }
}
