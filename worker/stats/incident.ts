/** Incidents: the time in which a pool was neither ok nor reduced, put together from what its shards saw. No I/O. */
import type { IncidentPart } from '../protocol/messages.ts';
import type { Incident } from '../protocol/traffic-schemas.ts';
import { type HealthState, isWorse } from './health.ts';

/** What is stored of one incident: the newest part of each shard. A shard may have several, one after the other. */
export type IncidentParts = readonly IncidentPart[];

/** Parts that one incident holds; further ones are added to the oldest. */
export const PARTS_KEPT = 200;
/** A part that begins this soon after an incident's end belongs to it, in ms. */
const SAME_MS = 60_000;

/** The parts with a new one, or with the newer word on one of them. */
export function withPart(parts: IncidentParts, part: IncidentPart): IncidentParts {
  const at = parts.findIndex(({ shard, from }) => shard === part.shard && from === part.from);
  if (at >= 0) return parts.with(at, part);
  if (parts.length < PARTS_KEPT) return [...parts, part];
  const [oldest, ...rest] = parts;
  const { requestsFailed, savedByRetry } = oldest!;
  const sums = {
    requestsFailed: requestsFailed + part.requestsFailed,
    savedByRetry: savedByRetry + part.savedByRetry,
  };
  return [{ ...oldest!, to: part.to, ...sums }, ...rest];
}

/** Whether a part belongs to an incident: it is one of its parts, or it began before the incident was over. */
export function belongs(parts: IncidentParts, part: IncidentPart): boolean {
  const { to } = summarise(parts);
  if (parts.some(({ shard, from }) => shard === part.shard && from === part.from)) return true;
  return part.pool === parts[0]?.pool && (to === null || part.from < to + SAME_MS);
}

type Summary = Omit<Incident, 'id' | 'pool' | 'events'>;

/** The incident that the parts make: from the first to the last, with the worst state and the sums. */
export function summarise(parts: IncidentParts): Summary {
  let state: HealthState = 'ok';
  let cause = '';
  let to: number | null = 0;
  const backends = new Set<string>();
  for (const part of parts) {
    if (isWorse(part.state, state)) [state, cause] = [part.state, part.cause];
    to = to === null || part.to === null ? null : Math.max(to, part.to);
    for (const id of part.backends) backends.add(id);
  }
  const sum = (value: (part: IncidentPart) => number) => parts.reduce((all, part) => all + value(part), 0);
  return {
    state,
    from: Math.min(...parts.map(({ from }) => from)),
    to,
    cause,
    backends: [...backends],
    requestsFailed: sum(({ requestsFailed }) => requestsFailed),
    savedByRetry: sum(({ savedByRetry }) => savedByRetry),
  };
}
