/** The static configuration of `STATIC_CONFIG`: loaded by an empty Directory, and the fallback when the Directory is away. */
import { checkConfig, type DeploymentInfo } from './check.ts';
import type { Config } from './schema.ts';

/** Reads the static configuration; null when it is not set or not valid, which is logged. */
export function staticConfig(source: string | object | undefined, deployment: DeploymentInfo): Config | null {
  if (source === undefined || source === '') return null;
  let value: unknown = source;
  try {
    if (typeof source === 'string') value = JSON.parse(source);
  } catch (error) {
    console.error({ message: 'STATIC_CONFIG is not JSON and is ignored', detail: String(error) });
    return null;
  }
  const checked = checkConfig(value, deployment);
  if (checked.ok) return checked.value;
  console.error({
    message: 'STATIC_CONFIG is not valid and is ignored',
    errors: checked.errors.slice(0, 20),
  });
  return null;
}
