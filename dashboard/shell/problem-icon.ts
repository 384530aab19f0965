/** The tab's icon: calm, or with a red dot while a pool has a problem. */
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type Pulses, pulsesQuery } from '../api/status.ts';
import { isProblem, summarise } from '../model/health.ts';

const CALM = '/icon.svg';
const ALERT = '/icon-alert.svg';

/** How many pools have a problem. */
export const countProblems = (pulses: Pulses): number =>
  Object.values(pulses).filter(({ status }) => isProblem(summarise(status).health)).length;

/** Keeps the icon as the pools stand. */
export function useProblemIcon(): void {
  const { data: problems = 0 } = useQuery({ ...pulsesQuery, select: countProblems });
  const href = problems > 0 ? ALERT : CALM;
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (link) link.href = href;
  }, [href]);
}
