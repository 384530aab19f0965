/** Every pool's health, for the dots beside their names. */
import { useQuery } from '@tanstack/react-query';
import { type Pulses, pulsesQuery } from '../api/status.ts';
import { type Health, summarise } from '../model/health.ts';

const healths = (pulses: Pulses): Record<string, Health> =>
  Object.fromEntries(Object.entries(pulses).map(([id, { status }]) => [id, summarise(status).health]));

const NONE: Readonly<Record<string, Health>> = {};

/** By pool id; compared as text, so that a list is drawn anew only when a dot changes. */
export function useHealths(): Readonly<Record<string, Health>> {
  const { data } = useQuery({ ...pulsesQuery, select: healths, structuralSharing: true });
  return data ?? NONE;
}
