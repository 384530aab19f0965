/** Every operation of the API, as data: the OpenAPI document is made of it, and a test holds it to the Hono app. */

/** The names of the document's schemas: answers, and bodies of requests. */
export type AnswerName =
  | 'Backend'
  | 'Backends'
  | 'Config'
  | 'Declared'
  | 'Drain'
  | 'DrainBegun'
  | 'Events'
  | 'Explanation'
  | 'Health'
  | 'Link'
  | 'Pool'
  | 'PoolStatus'
  | 'Pools'
  | 'Requests'
  | 'Revision'
  | 'Revisions'
  | 'Route'
  | 'Routes'
  | 'Series'
  | 'Session'
  | 'SignedIn'
  | 'Statuses';
export type BodyName =
  | 'BackendInput'
  | 'BackendPatch'
  | 'ConfigInput'
  | 'DrainInput'
  | 'ExplainInput'
  | 'LoginInput'
  | 'PoolInput'
  | 'RollbackInput'
  | 'RouteInput';

export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  /** Under `/api`, with `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly QueryName[];
  readonly body?: BodyName;
  /** A schema's name, or a media type. Left out: no content. */
  readonly answer?: AnswerName | `${string}/${string}`;
  /** May answer 201, for it creates what is not there. */
  readonly creates?: boolean;
  /** Changes the configuration: takes If-Match. */
  readonly changes?: boolean;
  /** Needs neither token nor session. */
  readonly open?: boolean;
  /** Problems of its own, besides those that follow from the rest. */
  readonly problems?: readonly number[];
}

/** The query parameters. */
export const QUERY = {
  limit: {
    description: 'At most so many, 1 to 1,000',
    schema: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
  },
  everywhere: { description: 'true: every session there is', schema: { type: 'boolean', default: false } },
  dryRun: {
    description: 'true: only check, and say what would change',
    schema: { type: 'boolean', default: false },
  },
  pool: { description: 'Only of this pool', schema: { type: 'string' } },
  backend: { description: 'Only those that asked this backend', schema: { type: 'string' } },
  outcome: {
    description: 'Only those with an attempt that ended so',
    schema: { enum: ['ok', 'failure-status', 'connect-failure', 'timeout', 'stalled', 'client-closed'] },
  },
  status: { description: 'Only those that the client got this status for', schema: { type: 'integer' } },
  path: { description: 'Only those whose path begins so', schema: { type: 'string' } },
  requestId: { description: 'Only those with this X-Request-Id', schema: { type: 'string' } },
} as const;
type QueryName = keyof typeof QUERY;

const change = { changes: true } as const;

export const operations: readonly Operation[] = [
  {
    method: 'get',
    path: '/health',
    summary: 'Whether the Worker runs, and which version',
    answer: 'Health',
    open: true,
  },
  { method: 'get', path: '/openapi.json', summary: 'This document', answer: 'application/json' },

  { method: 'get', path: '/session', summary: 'Who is signed in', answer: 'SignedIn' },
  {
    method: 'post',
    path: '/session',
    summary: 'Sign in: sets the session cookie',
    body: 'LoginInput',
    answer: 'Session',
    open: true,
    problems: [401, 403, 429],
  },
  {
    method: 'delete',
    path: '/session',
    summary: 'Sign out: ends this session, not just its cookie',
    query: ['everywhere'],
    open: true,
    problems: [403],
  },
  { method: 'post', path: '/session/link', summary: 'Make a one-time login', answer: 'Link' },

  { method: 'get', path: '/config', summary: 'The whole configuration', answer: 'Config' },
  {
    method: 'put',
    path: '/config',
    summary: 'Replace the configuration, all or nothing',
    query: ['dryRun'],
    body: 'ConfigInput',
    answer: 'Config',
    ...change,
  },
  {
    method: 'get',
    path: '/config/declared',
    summary: 'The static configuration of STATIC_CONFIG, to compare with the one in force',
    answer: 'Declared',
  },
  { method: 'get', path: '/config/revisions', summary: 'The revisions kept', answer: 'Revisions' },
  {
    method: 'get',
    path: '/config/revisions/{n}',
    summary: 'One revision with its document and what it changed',
    answer: 'Revision',
    problems: [404],
  },
  {
    method: 'post',
    path: '/config/rollback',
    summary: 'Make the document of an earlier revision a new revision',
    query: ['dryRun'],
    body: 'RollbackInput',
    answer: 'Config',
    problems: [404],
    ...change,
  },

  { method: 'get', path: '/pools', summary: 'All pools', answer: 'Pools' },
  { method: 'get', path: '/pools/{pool}', summary: 'One pool', answer: 'Pool', problems: [404] },
  {
    method: 'put',
    path: '/pools/{pool}',
    summary: 'Create or replace a pool',
    body: 'PoolInput',
    answer: 'Pool',
    creates: true,
    ...change,
  },
  {
    method: 'delete',
    path: '/pools/{pool}',
    summary: 'Delete a pool that nothing names',
    answer: 'Pool',
    problems: [404, 409],
    ...change,
  },
  {
    method: 'get',
    path: '/pools/{pool}/status',
    summary: 'How the backends of a pool stand and what they have done',
    answer: 'PoolStatus',
    problems: [404],
  },
  {
    method: 'get',
    path: '/pools/{pool}/backends',
    summary: 'The backends of a pool',
    answer: 'Backends',
    problems: [404],
  },
  {
    method: 'get',
    path: '/pools/{pool}/backends/{backend}',
    summary: 'One backend',
    answer: 'Backend',
    problems: [404],
  },
  {
    method: 'put',
    path: '/pools/{pool}/backends/{backend}',
    summary: 'Add or replace a backend',
    body: 'BackendInput',
    answer: 'Backend',
    creates: true,
    problems: [404],
    ...change,
  },
  {
    method: 'patch',
    path: '/pools/{pool}/backends/{backend}',
    summary: 'Change fields of a backend, such as its state or weight',
    body: 'BackendPatch',
    answer: 'Backend',
    problems: [404],
    ...change,
  },
  {
    method: 'delete',
    path: '/pools/{pool}/backends/{backend}',
    summary: 'Remove a backend',
    answer: 'Backend',
    problems: [404, 409],
    ...change,
  },
  {
    method: 'get',
    path: '/pools/{pool}/backends/{backend}/drain',
    summary: 'Since when a backend drains, and when it is disabled by itself',
    answer: 'Drain',
    problems: [404],
  },
  {
    method: 'put',
    path: '/pools/{pool}/backends/{backend}/drain',
    summary: 'Drain a backend; with a deadline, or with none where there was one',
    body: 'DrainInput',
    answer: 'DrainBegun',
    problems: [404],
    ...change,
  },
  {
    method: 'delete',
    path: '/pools/{pool}/backends/{backend}/drain',
    summary: 'End a drain: the backend is active again, its deadline gone',
    answer: 'Backend',
    problems: [404],
    ...change,
  },

  { method: 'get', path: '/routes', summary: 'All routes', answer: 'Routes' },
  { method: 'get', path: '/routes/{route}', summary: 'One route', answer: 'Route', problems: [404] },
  {
    method: 'put',
    path: '/routes/{route}',
    summary: 'Create or replace a route',
    body: 'RouteInput',
    answer: 'Route',
    creates: true,
    ...change,
  },
  {
    method: 'delete',
    path: '/routes/{route}',
    summary: 'Delete a route',
    answer: 'Route',
    problems: [404],
    ...change,
  },

  {
    method: 'get',
    path: '/status',
    summary: 'How all pools stand: the status of each in one answer',
    answer: 'Statuses',
  },
  {
    method: 'get',
    path: '/series',
    summary: 'The last five minutes of each pool in steps of five seconds; of one pool by backend too',
    query: ['pool'],
    answer: 'Series',
    problems: [404],
  },
  {
    method: 'get',
    path: '/requests',
    summary: 'Recent requests and where they went, newest first',
    query: ['pool', 'backend', 'outcome', 'status', 'path', 'requestId', 'limit'],
    answer: 'Requests',
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/events',
    summary: 'Changes, ejections, probes and returns, newest first',
    query: ['limit'],
    answer: 'Events',
    problems: [400],
  },
  {
    method: 'post',
    path: '/explain',
    summary: 'What would become of a request; nothing is sent and nothing moves',
    body: 'ExplainInput',
    answer: 'Explanation',
  },
  {
    method: 'get',
    path: '/live',
    summary:
      'A WebSocket that tells what changes: JSON messages of type status, mappings, events and revision, at most one of each a second. «ping» is answered «pong»; who sends none for two minutes is let go',
    answer: 'application/json',
    problems: [403, 426],
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Prometheus text format; OpenMetrics where Accept asks for it',
    answer: 'text/plain',
  },
];
