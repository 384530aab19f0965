/** What concerns this browser: how the dashboard looks, who is signed in. */
import { Button } from '@cloudflare/kumo/components/button';
import { Radio } from '@cloudflare/kumo/components/radio';
import { SignOutIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { sessionQuery } from '../../api/session.ts';
import { Card } from '../../components/card.tsx';
import { NONE } from '../../model/format.ts';
import { onTheme, setTheme, type Theme, theme } from '../../shell/theme.ts';
import { useSignOut } from '../../shell/use-sign-out.ts';

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** The theme, remembered in this browser. */
export function ThemeCard() {
  const chosen = useSyncExternalStore(onTheme, theme);
  return (
    <Card title="Theme">
      <div className="p-4 pt-2">
        <Radio.Group
          orientation="horizontal"
          value={chosen}
          onValueChange={(next) => setTheme(next as Theme)}
        >
          <Radio.Legend className="sr-only">Theme</Radio.Legend>
          {THEMES.map(({ value, label }) => (
            <Radio.Item key={value} value={value} label={label} />
          ))}
        </Radio.Group>
      </div>
    </Card>
  );
}

/** A session has no name: whoever signed in with the token or its link is the operator. */
const nameOf = (who: string | undefined): string => (who === 'session' ? 'the operator' : (who ?? NONE));

/** Who is signed in, and the way out. */
export function SessionCard() {
  const { data } = useQuery(sessionQuery);
  const leave = useSignOut();
  return (
    <Card title="Session">
      <div className="flex flex-col gap-4 p-4 pt-2">
        <p className="text-kumo-subtle">
          Signed in as <span className="text-kumo-default">{nameOf(data?.session.who)}</span>. Signing out
          ends it in every tab; everywhere, every session that was ever made with the token.
        </p>
        <span className="flex flex-wrap gap-2">
          <Button variant="secondary" icon={SignOutIcon} onClick={() => leave()}>
            Sign out
          </Button>
          <Button variant="secondary-destructive" onClick={() => leave(true)}>
            Sign out everywhere
          </Button>
        </span>
      </div>
    </Card>
  );
}
