/** Takes in what a refused request still has to say. */
import { LIMITS } from '../../config/limits.ts';

/**
 * The runtime closes the connection of a client whose body nobody read, without a word: the client's next request on it
 * is reset. So a body is read after all, as far as any body of the API may go.
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
    // The client has gone; nobody waits for the answer.
  }
}
