/** Drains the unread body of a refused request. */
import { LIMITS } from '../../config/limits.ts';

/**
 * Reads the body to its end, or as far as any body of the API may go. The runtime closes a connection whose request body
 * was not read, and the client's next request on it would be reset.
 */
export async function drainBody(request: Request): Promise<void> {
  if (request.body === null || request.bodyUsed) return;
  const reader = request.body.getReader();
  let length = 0;
  try {
    while (length <= LIMITS.documentBytes) {
      const { done, value } = await reader.read();
      if (done) return;
      length += (value as Uint8Array).byteLength;
    }
  } catch {
    // The client has gone and does not wait for the response.
  }
}
