/** This browser's settings: theme and session. */

import { Button } from '@cloudflare/kumo/components/button';
import { Radio } from '@cloudflare/kumo/components/radio';
import { SignOutIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { useSelector } from '@tanstack/react-store';
import { useState } from 'react';
import { sessionQuery } from '../../api/session.ts';
import { Card } from '../../components/card.tsx';
import { ChangeButton } from '../../components/change-button.tsx';
import { type Question, QuestionDialog } from '../../components/question-dialog.tsx';
import { NONE } from '../../model/format.ts';
import { useSignOut } from '../../shell/sign-out.ts';
import { setTheme, type Theme, theme } from '../../shell/theme.ts';

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

/** The theme, remembered in this browser. */
export function ThemeCard() {
  const chosen = useSelector(theme);
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

/** A session signed in with the token or a login link has no name of its own. */
const nameOf = (who: string | undefined): string => (who === 'session' ? 'the operator' : (who ?? NONE));

/** Who is signed in, and the buttons that sign out. */
export function SessionCard() {
  const { data } = useQuery(sessionQuery);
  const leave = useSignOut();
  const [question, setQuestion] = useState<Question | null>(null);
  const askAll = () =>
    setQuestion({
      title: 'Sign out everywhere?',
      consequence:
        'This ends every session of every operator, on every device, this one included. Each of them needs the token or a new login link to come back. Calls of the API with the token go on.',
      confirm: 'Sign everybody out',
      act: () => void leave(true),
    });
  return (
    <Card title="Session">
      <div className="flex flex-col gap-4 p-4 pt-2">
        <p className="text-kumo-subtle">
          Signed in as <span className="text-kumo-default">{nameOf(data?.session.who)}</span>. “Sign out” ends
          this session in every tab. “Sign out everywhere” ends the sessions of all operators, on every
          device.
        </p>
        <span className="flex flex-wrap gap-2">
          <Button variant="secondary" icon={SignOutIcon} onClick={() => leave()}>
            Sign out
          </Button>
          <ChangeButton variant="secondary-destructive" onClick={askAll}>
            Sign out everywhere
          </ChangeButton>
        </span>
      </div>
      <QuestionDialog question={question} onClose={() => setQuestion(null)} />
    </Card>
  );
}
