/** The static configuration of `STATIC_CONFIG`: the start for an empty Directory, the refuge when it is away. */
import { checkConfig, type DeploymentInfo } from './check.ts';
import type { Config } from './schema.ts';

/** Returns null when there is none; a faulty one is logged once per start and counts as none. */
export function staticConfig(source: string | object | undefined, deployment: DeploymentInfo): Config | null {
  if (source === undefined || source === '') return null;
  let value: unknown = source;
  try {
    if (typeof source === 'string') value = JSON.parse(source);
  } catch (error) {
    console.error({ message: 'STATIC_CONFIG is not JSON; it is ignored', detail: String(error) });
    return null;
  }
  const checked = checkConfig(value, deployment);
  if (checked.ok) return checked.value;
  console.error({ message: 'STATIC_CONFIG is faulty; it is ignored', errors: checked.errors.slice(0, 20) });
  return null;
}
