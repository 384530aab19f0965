/** Our own error answers: problem documents (RFC 9457) that name no backend URL. No I/O. */

const TITLES = {
  400: 'Bad request',
  404: 'No route',
  413: 'Content too large',
  426: 'Upgrade required',
  499: 'Client closed request',
  502: 'Bad gateway',
  503: 'No backend available',
  504: 'Gateway timeout',
  508: 'Loop detected',
} as const;

export type OwnStatus = keyof typeof TITLES;

/** Builds the answer; `requestId` lets the client's report be found in the log. */
export function failure(
  status: OwnStatus,
  detail: string,
  requestId: string,
  headers?: Record<string, string>,
): Response {
  const body = { type: 'about:blank', title: TITLES[status], status, detail, requestId };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...headers,
    },
  });
}
