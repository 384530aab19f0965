/** Draining with a deadline: the API then disables the backend by itself. */
import { send } from '../api/client.ts';
import { type Change, changeBackends } from './change.ts';

/** Makes a backend drain; `disableAfterMs` from now it is disabled, null: not by itself. */
export function drainBackend(
  pool: string,
  backend: string,
  disableAfterMs: number | null,
  label: string,
): Change {
  const change = changeBackends(pool, [backend], { state: 'draining' }, label);
  const path = `/pools/${pool}/backends/${backend}/drain`;
  return {
    ...change,
    send: async (revision) =>
      (await send<{ revision: number }>('PUT', path, { disableAfterMs }, revision)).revision,
  };
}
