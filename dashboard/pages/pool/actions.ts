/** What an operator does to backends of a pool: at once where it can be undone, asked about where it would hurt. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { configQuery, type PoolConfig } from '../../api/config.ts';
import { pulsesQuery } from '../../api/status.ts';
import { type Change, changeBackends, removeBackends } from '../../changes/change.ts';
import { useChange } from '../../changes/use-change.ts';
import { consequence, isLast } from './consequences.ts';

/** Actions on one or several backends, by id. Their identity never changes while the pool is shown. */
export interface Actions {
  drain(ids: readonly string[]): void;
  /** Asks for a deadline first. */
  drainUntil(id: string): void;
  activate(ids: readonly string[]): void;
  disable(ids: readonly string[]): void;
  remove(ids: readonly string[]): void;
  weigh(ids: readonly string[], weight: number): void;
  edit(id: string): void;
}

/** A question before something that hurts. */
export interface Question {
  readonly title: string;
  /** What would happen, in figures. */
  readonly consequence: string;
  readonly confirm: string;
  /** What is done then; null: it cannot be done, and the consequence says why. */
  readonly change: Change | null;
}

/** The actions, the question that is open, and whose drain is being set up. */
export function usePoolActions(id: string) {
  const queries = useQueryClient();
  const navigate = useNavigate({ from: '/pools/$pool' });
  const { run } = useChange();
  const [question, setQuestion] = useState<Question | null>(null);
  const [draining, setDraining] = useState<string | null>(null);
  const actions = useMemo((): Actions => {
    const now = () => {
      const pool = queries.getQueryData(configQuery.queryKey)?.config.pools.find((one) => one.id === id);
      const statuses = queries.getQueryData(pulsesQuery.queryKey)?.[id]?.status.backends ?? [];
      return pool ? { pool, statuses } : null;
    };
    /** Carries out what takes backends away, or asks first when nobody would be left. */
    const away = (ids: readonly string[], verb: string, change: Change) => {
      const known = now();
      if (!known || !isLast({ ...known, ids })) return void run(change);
      setQuestion({
        title: `${verb} the last available ${ids.length === 1 ? 'backend' : 'backends'} of ${id}?`,
        consequence: consequence({ ...known, ids }),
        confirm: `${verb} ${list(ids)}`,
        change,
      });
    };
    const state = (ids: readonly string[], to: 'active' | 'draining' | 'disabled', done: string) =>
      changeBackends(id, ids, { state: to }, `${done} ${list(ids)} of ${id}`);
    return {
      drain: (ids) => away(ids, 'Drain', state(ids, 'draining', 'Drained')),
      drainUntil: setDraining,
      activate: (ids) => void run(state(ids, 'active', 'Activated')),
      disable: (ids) => away(ids, 'Disable', state(ids, 'disabled', 'Disabled')),
      remove: (ids) => {
        const pool = now()?.pool;
        if (pool && keepsNobody(pool, ids)) setQuestion(impossible(id, ids));
        else away(ids, 'Remove', removeBackends(id, ids, `Removed ${list(ids)} of ${id}`));
      },
      weigh: (ids, weight) => {
        const change = changeBackends(id, ids, { weight }, `Weight ${weight} for ${list(ids)} of ${id}`);
        if (weight > 0) void run(change);
        else away(ids, 'Give weight 0 to', change);
      },
      edit: (backend) => void navigate({ search: (search) => ({ ...search, edit: backend }) }),
    };
  }, [queries, navigate, run, id]);
  return { actions, question, setQuestion, draining, setDraining };
}

/** `a`, `a, b`, `5 backends`. */
const list = (ids: readonly string[]): string => (ids.length > 3 ? `${ids.length} backends` : ids.join(', '));

const keepsNobody = ({ backends }: PoolConfig, ids: readonly string[]): boolean =>
  backends.every((backend) => ids.includes(backend.id) || backend.weight === 0);

const impossible = (pool: string, ids: readonly string[]): Question => ({
  title: `${pool} needs a backend`,
  consequence: `Without ${list(ids)} no backend with a weight above 0 would be left, and a pool needs one. Add another first, or delete the pool.`,
  confirm: '',
  change: null,
});
