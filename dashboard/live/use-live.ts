/** React's view of the live connection: its state, every pool's health, and clocks that stop while the figures are stale. */

import { useQuery } from '@tanstack/react-query';
import { Store, useSelector } from '@tanstack/react-store';
import { createContext, useContext } from 'react';
import { type PoolSamples, poolSamplesQuery } from '../api/status.ts';
import { byHealth, type Health, isProblem, summarise } from '../model/health.ts';
import { now } from './clock.ts';
import type { Connection, LiveConnection } from './connection.ts';

/** The connection of the signed-in dashboard. */
export const LiveContext = createContext<LiveConnection | null>(null);

const CONNECTING = new Store<Connection>({ phase: 'connecting', heardAt: 0 });
const NEVER_STALE = new Store<number | null>(null);

/** How the figures arrive at the moment. */
export const useConnection = (): Connection => useSelector(useContext(LiveContext)?.state ?? CONNECTING);

/** The time (epoch ms), updated every second; the same for every component, so that all are drawn at once. */
export const useNow = (): number => useSelector(now);

/** What `of` makes of the time. The component is drawn again only when that changes, not every second. */
export const useTicking = <T extends string | number | boolean | null>(of: (now: number) => T): T =>
  useSelector(now, of);

/** When the figures on the page became stale (epoch ms); null while they are current. */
export const useStaleSince = (): number | null =>
  useSelector(useContext(LiveContext)?.staleSince ?? NEVER_STALE);

/** As `useTicking`, but the clock stops while the figures are stale. */
export function useFigure<T extends string | number | boolean | null>(of: (now: number) => T): T {
  const staleSince = useStaleSince();
  return useTicking((time) => of(staleSince ?? time));
}

const healths = (poolSamples: PoolSamples): Record<string, Health> =>
  Object.fromEntries(Object.entries(poolSamples).map(([id, { status }]) => [id, summarise(status).health]));

/** A pool with a problem. */
export interface ProblemPool {
  readonly id: string;
  readonly health: Health;
}

const problemsOf = (poolSamples: PoolSamples): ProblemPool[] =>
  Object.entries(poolSamples)
    .map(([id, { status }]) => ({ id, summary: summarise(status) }))
    .filter(({ summary }) => isProblem(summary.health))
    .sort((a, b) => byHealth(a.summary, b.summary))
    .map(({ id, summary }) => ({ id, health: summary.health }));

const NO_PROBLEMS: readonly ProblemPool[] = [];

/** The pools with a problem, worst first. */
export function useProblems(): readonly ProblemPool[] {
  const { data } = useQuery({ ...poolSamplesQuery, select: problemsOf, structuralSharing: true });
  return data ?? NO_PROBLEMS;
}

const NO_HEALTHS: Readonly<Record<string, Health>> = {};

/** Health by pool id. It is compared by value, so that a list is drawn again only when a dot changes. */
export function useHealths(): Readonly<Record<string, Health>> {
  const { data } = useQuery({ ...poolSamplesQuery, select: healths, structuralSharing: true });
  return data ?? NO_HEALTHS;
}
