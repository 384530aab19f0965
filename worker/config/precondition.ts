/** The conditions of a change (RFC 9110, 13.1.1 and 13.1.2), and how they are evaluated. No I/O. */

import type { Change } from './changed.ts';
import type { Config } from './schema.ts';

/** What must hold for a change to be made; a field that is left out or null is no condition. */
export interface Precondition {
  /** `If-Match` with tags: only at this revision, or at one of these. */
  readonly ifRevision: number | readonly number[] | null;
  /** `If-None-Match` with tags: not at any of these revisions. */
  readonly unlessRevision?: readonly number[];
  /** `If-Match: *`: only if the resource exists. */
  readonly ifExists?: true;
  /** `If-None-Match: *`: only if it does not. */
  readonly ifMissing?: true;
}

/** Whether `ifRevision` allows the revision in force. */
export const isWanted = ({ ifRevision }: Precondition, revision: number): boolean =>
  ifRevision === null || [ifRevision].flat().includes(revision);

/** Explains which condition a change does not meet; null when it meets them all. */
export function unmetCondition(
  { unlessRevision, ifExists, ifMissing }: Precondition,
  revision: number,
  exists: boolean,
): string | null {
  if (unlessRevision?.includes(revision))
    return `The configuration is at revision ${revision}, which If-None-Match excludes.`;
  if (ifExists && !exists) return 'The resource does not exist yet, and If-Match: * only replaces.';
  if (ifMissing && exists) return 'The resource exists already, and If-None-Match: * only creates.';
  return null;
}

/** Whether the document contains the resource that a change names; the document itself always exists. */
export function hasTarget(config: Config, change: Change): boolean {
  switch (change.kind) {
    case 'replace-config':
      return true;
    case 'put-pool':
    case 'delete-pool':
      return config.pools.some(({ id }) => id === change.pool);
    case 'put-backend':
    case 'patch-backend':
    case 'delete-backend': {
      const pool = config.pools.find(({ id }) => id === change.pool);
      return pool?.backends.some(({ id }) => id === change.backend) ?? false;
    }
    case 'put-route':
    case 'delete-route':
      return config.routes.some(({ id }) => id === change.route);
  }
}
