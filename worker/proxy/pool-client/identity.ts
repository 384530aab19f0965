/** What tells this isolate from others, and its requests from each other. */

let identity = '';
let requests = 0;

/** Names this isolate to the objects. Made at the first request: no randomness exists before it. */
export function isolateId(): string {
  identity ||= crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  return identity;
}

/** A request id that is unique and cheap: the isolate's random name and a counter. */
export function newRequestId(): string {
  requests++;
  return `${isolateId()}-${requests.toString(36)}`;
}
