/** One plain page: every pool and how its backends stand, asked for every two seconds. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError, fetchStatus, type PoolStatus, signIn } from './api.ts';

const REFRESH_MS = 2_000;

export function App() {
  const status = useQuery({
    queryKey: ['status'],
    queryFn: fetchStatus,
    refetchInterval: (query) => (isSignedOut(query.state.error) ? false : REFRESH_MS),
    retry: false,
  });
  if (isSignedOut(status.error)) return <SignIn />;
  return (
    <main>
      <h1>Evenkeel</h1>
      {status.error && <p role="alert">No update: {status.error.message}</p>}
      {status.data?.length === 0 && <p>No pool yet. Add one with PUT /api/pools/NAME.</p>}
      {status.data?.map((pool) => (
        <PoolTable key={pool.pool} status={pool} />
      ))}
    </main>
  );
}

const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

function PoolTable({ status }: { status: PoolStatus }) {
  return (
    <section>
      <h2>{status.pool}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Backend</th>
            <th scope="col">Status</th>
            <th scope="col">Weight</th>
            <th scope="col">Share / expected</th>
            <th scope="col">Requests</th>
            <th scope="col">Failures</th>
            <th scope="col">p50 / p95</th>
          </tr>
        </thead>
        <tbody>
          {status.backends.map((backend) => (
            <tr key={backend.id}>
              <th scope="row">{backend.id}</th>
              <td className={backend.status}>{backend.status}</td>
              <td>{backend.weight}</td>
              <td>
                {percent(backend.share)} / {percent(backend.expectedShare)}
              </td>
              <td>{backend.requests.toLocaleString('en')}</td>
              <td>{backend.failures.toLocaleString('en')}</td>
              <td>
                {backend.latencyMs.p50 ?? '–'} / {backend.latencyMs.p95 ?? '–'} ms
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`);

function SignIn() {
  const queries = useQueryClient();
  const [problem, setProblem] = useState('');
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '');
    try {
      await signIn({ token });
      await queries.invalidateQueries();
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <main>
      <h1>Evenkeel</h1>
      <form onSubmit={submit}>
        <label>
          Operator's token <input name="token" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit">Sign in</button>
        {problem && <p role="alert">{problem}</p>}
      </form>
    </main>
  );
}
