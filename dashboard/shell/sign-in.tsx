/** The sign-in page: exchanges the operator's token for a session. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { useQueryClient } from '@tanstack/react-query';
import { useSelector } from '@tanstack/react-store';
import { type FormEvent, useState } from 'react';
import { loginRefusal, signIn } from '../api/session.ts';
import { Brand } from './brand.tsx';

/** The sign-in form; it says why a login link did not sign in. */
export function SignIn() {
  const queries = useQueryClient();
  const refusal = useSelector(loginRefusal);
  const [wrong, setWrong] = useState('');
  const problem = wrong || refusal;
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get('token') ?? '');
    setBusy(true);
    try {
      await signIn({ token });
      loginRefusal.setState(() => null);
      await queries.invalidateQueries();
    } catch (error) {
      setWrong((error as Error).message);
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
          description="The ADMIN_TOKEN of this deployment, or its VIEWER_TOKEN to only look. The browser does not store it."
          autoComplete="current-password"
          autoFocus
          required
        />
        {/* The height is reserved, so that the form stays where it is. */}
        <p role="alert" className="-my-2 min-h-10 text-kumo-danger">
          {problem}
        </p>
        <Button type="submit" variant="primary" loading={busy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
