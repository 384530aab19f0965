/** The actions on a pool's backends: done at once, or after a confirmation in figures if much of the pool would be gone. */
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { configQuery, type PoolConfig } from '../../api/config.ts';
import { poolSamplesQuery } from '../../api/status.ts';
import { type Change, changeBackends, removeBackends, STATE_DONE } from '../../changes/change.ts';
import { useChange } from '../../changes/submit-change.ts';
import type { Question } from '../../components/question-dialog.tsx';
import { questionOf } from '../../model/consequences.ts';

/** Actions on one or more backends, by id. Their identity is stable while the pool is shown. */
export interface Actions {
  drain(ids: readonly string[]): void;
  /** Opens a dialog for the deadline. */
  drainUntil(id: string): void;
  enable(ids: readonly string[]): void;
  disable(ids: readonly string[]): void;
  remove(ids: readonly string[]): void;
  setWeight(ids: readonly string[], weight: number): void;
  edit(id: string): void;
}

/** The actions, the open question, and the backend whose drain dialog is open. */
export function usePoolActions(id: string) {
  const queries = useQueryClient();
  const navigate = useNavigate({ from: '/pools/$pool' });
  const { run } = useChange();
  const [question, setQuestion] = useState<Question | null>(null);
  const [draining, setDraining] = useState<string | null>(null);
  const actions = useMemo((): Actions => {
    const now = () => {
      const pool = queries.getQueryData(configQuery.queryKey)?.config.pools.find((one) => one.id === id);
      const statuses = queries.getQueryData(poolSamplesQuery.queryKey)?.[id]?.status.backends ?? [];
      return pool ? { pool, statuses } : null;
    };
    /** Runs a change that takes backends away; asks first if much of the pool would be gone. */
    const takeAway = (ids: readonly string[], verb: string, change: Change) => {
      const known = now();
      const asked = known && questionOf({ ...known, ids }, verb);
      if (!asked) return void run(change);
      setQuestion({ ...asked, confirm: `${verb} ${list(ids)}`, act: () => void run(change) });
    };
    const setState = (ids: readonly string[], state: 'active' | 'draining' | 'disabled') =>
      changeBackends(id, ids, { state }, `${STATE_DONE[state]} ${list(ids)} of ${id}`);
    return {
      drain: (ids) => takeAway(ids, 'Drain', setState(ids, 'draining')),
      drainUntil: setDraining,
      enable: (ids) => void run(setState(ids, 'active')),
      disable: (ids) => takeAway(ids, 'Disable', setState(ids, 'disabled')),
      remove: (ids) => {
        const pool = now()?.pool;
        if (pool && leavesNone(pool, ids)) setQuestion(impossible(id, ids));
        else takeAway(ids, 'Remove', removeBackends(id, ids, `Removed ${list(ids)} of ${id}`));
      },
      setWeight: (ids, weight) => {
        const change = changeBackends(id, ids, { weight }, `Set weight ${weight} for ${list(ids)} of ${id}`);
        if (weight > 0) void run(change);
        else takeAway(ids, 'Set weight 0 for', change);
      },
      edit: (backend) => void navigate({ search: (search) => ({ ...search, edit: backend }) }),
    };
  }, [queries, navigate, run, id]);
  return { actions, question, setQuestion, draining, setDraining };
}

/** `a`, `a, b`, `5 backends`. */
const list = (ids: readonly string[]): string => (ids.length > 3 ? `${ids.length} backends` : ids.join(', '));

const leavesNone = ({ backends }: PoolConfig, ids: readonly string[]): boolean =>
  backends.every((backend) => ids.includes(backend.id) || backend.weight === 0);

const impossible = (pool: string, ids: readonly string[]): Question => ({
  title: `${pool} needs a backend`,
  consequence: `A pool needs at least one backend with a weight above 0. Add another one before you remove ${list(ids)}, or delete the pool.`,
  confirm: '',
  act: null,
});
