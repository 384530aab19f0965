/** The sign-in page: exchanges the operator's token for a session. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { signIn } from '../api/session.ts';
import { Brand } from './brand.tsx';

/** The sign-in form; `reason`: why it is shown, if the operator did not ask for it. */
export function SignIn({ reason }: { readonly reason?: string }) {
  const queries = useQueryClient();
  const [problem, setProblem] = useState(reason ?? '');
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '');
    setBusy(true);
    try {
      await signIn({ token });
      await queries.invalidateQueries();
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center gap-6 px-4 py-8">
      <h1 className="text-lg">
        <Brand />
      </h1>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Input
          name="token"
          type="password"
          label="Operator token"
          description="The ADMIN_TOKEN of this deployment. The browser does not store it."
          autoComplete="current-password"
          autoFocus
          required
        />
        <Button type="submit" variant="primary" loading={busy}>
          Sign in
        </Button>
        {problem && (
          <p role="alert" className="text-kumo-danger">
            {problem}
          </p>
        )}
      </form>
    </main>
  );
}
