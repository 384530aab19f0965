/** Asks whose session this is; the history shows the name with every change. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { nameSession, sessionQuery } from '../api/session.ts';

/** The answer is kept in this browser, so that it is asked once. Empty: the operator would rather not say. */
const KEY = 'evenkeel-name';

/** Asks once for the name that the history shows; a name given before is used again. */
export function WhoAreYou() {
  const queries = useQueryClient();
  const [known, setKnown] = useState(() => localStorage.getItem(KEY));
  const [problem, setProblem] = useState<string | null>(null);
  const give = async (name: string) => {
    try {
      await nameSession(name);
      localStorage.setItem(KEY, name);
      setKnown(name);
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each session
  useEffect(() => {
    if (known) void give(known);
  }, []);
  if (known !== null) return null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void give(String(new FormData(event.currentTarget).get('name') ?? '').trim());
  };
  const decline = () => {
    localStorage.setItem(KEY, '');
    setKnown('');
  };
  return (
    <form onSubmit={submit} aria-label="Who are you?" className="flex flex-col gap-2 px-3 py-2">
      <Input
        name="name"
        size="sm"
        label="Who are you?"
        description="The history shows your name with your changes."
        autoComplete="name"
        maxLength={64}
        required
      />
      <span className="flex gap-2">
        <Button type="submit" size="sm" variant="secondary">
          Use this name
        </Button>
        <Button size="sm" variant="ghost" onClick={decline}>
          Rather not
        </Button>
      </span>
      {problem !== null && (
        <p role="alert" className="text-kumo-danger">
          {problem}
        </p>
      )}
    </form>
  );
}
