/** Signing in by Cloudflare Access: the runtime names the identity that passed the Access application of this host. */

/** The longest e-mail address, in characters (RFC 5321, 4.5.3.1). */
export const EMAIL_LENGTH = 254;

/**
 * The e-mail address of the identity that passed the application with this audience tag, or null. The setting is needed
 * because the runtime reports any application over this host: one for `*.example.com` that admits the whole staff must
 * not make them all operators. Headers, which a client could forge, are not read. An identity without an address, such
 * as a service token's, does not count: the history names who made a change, and scripts have the operator's token.
 */
export async function accessIdentity(
  setting: string | undefined,
  access: CloudflareAccessContext | undefined,
): Promise<string | null> {
  const audience = (setting ?? '').trim();
  if (audience === '' || access?.aud !== audience) return null;
  try {
    const email = (await access.getIdentity())?.email;
    return typeof email === 'string' && email.includes('@') ? email.slice(0, EMAIL_LENGTH) : null;
  } catch (error) {
    console.error({ message: 'Cloudflare Access did not return the identity', detail: String(error) });
    return null;
  }
}
