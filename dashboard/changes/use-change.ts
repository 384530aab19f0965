/** React's way to carry changes out. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { carryOut } from './carry-out.ts';
import type { Change } from './change.ts';

/** `run` carries a change out (see carryOut); `busy` while one of this component's is under way. */
export function useChange() {
  const queries = useQueryClient();
  const [underWay, setUnderWay] = useState(0);
  const run = useCallback(
    async (change: Change, quiet = false): Promise<boolean> => {
      setUnderWay((n) => n + 1);
      try {
        return await carryOut(queries, change, quiet);
      } finally {
        setUnderWay((n) => n - 1);
      }
    },
    [queries],
  );
  return { run, busy: underWay > 0 };
}
