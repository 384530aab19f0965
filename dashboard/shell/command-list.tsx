/** The command palette: type a few letters, press Enter. What would hurt is asked about first, in the same place. */
import { CommandPalette } from '@cloudflare/kumo/components/command-palette';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { configQuery } from '../api/config.ts';
import { type Command, type CommandGroup, commandsOf, found } from './commands.ts';
import { useDeeds } from './use-deeds.ts';

/** A question that the palette asks before a command. */
interface Question {
  readonly text: string;
  readonly command: Command;
}

/** Open for as long as it is rendered. */
export function CommandList({ onClose }: { readonly onClose: () => void }) {
  const { data } = useQuery(configQuery);
  const { carryOut, harmOf } = useDeeds();
  const [query, setQuery] = useState('');
  const [question, setQuestion] = useState<Question | null>(null);
  const chosen = useRef('');
  const commands = useMemo(() => commandsOf(data?.config), [data]);
  const groups = useMemo(
    () => (question ? [asked(question)] : found(query, commands)),
    [question, query, commands],
  );
  const choose = (command: Command) => {
    if (command === LEAVE) return onClose();
    chosen.current = command.title;
    const text = question ? null : harmOf(command.deed);
    if (text !== null) {
      setQuery('');
      setQuestion({ text, command });
      return;
    }
    onClose();
    carryOut(command.deed);
  };
  return (
    <CommandPalette.Root<CommandGroup, Command>
      open
      onOpenChange={(open) => !open && onClose()}
      items={groups}
      value={query}
      onValueChange={(text) => {
        // The field would fill itself with what was chosen.
        if (text === chosen.current) return;
        setQuery(text);
        setQuestion(null);
      }}
      itemToStringValue={nameOf}
      getSelectableItems={(all) => all.flatMap(({ items }) => items)}
      onSelect={choose}
    >
      <Dialog.Title className="sr-only">Commands</Dialog.Title>
      <CommandPalette.Input
        aria-label="Find a page, pool or backend, or something to do"
        placeholder="Drain b of shop, go to History …"
        autoComplete="off"
        spellCheck={false}
      />
      <CommandPalette.List>
        <CommandPalette.Results>
          {(group: CommandGroup) => (
            <CommandPalette.Group key={group.label} items={[...group.items]}>
              <CommandPalette.GroupLabel>{group.label}</CommandPalette.GroupLabel>
              {group.items.map((command) => (
                <CommandPalette.Item key={command.title} value={command} onClick={() => choose(command)}>
                  {command.title}
                </CommandPalette.Item>
              ))}
            </CommandPalette.Group>
          )}
        </CommandPalette.Results>
        <CommandPalette.Empty>
          Nothing is called so. A backend's name, a pool or a page finds what can be done.
        </CommandPalette.Empty>
      </CommandPalette.List>
      <CommandPalette.Footer>
        <span className="text-kumo-default">↑ ↓ to choose</span>
        <span className="text-kumo-default">Enter to do it</span>
        <span className="text-kumo-default">Esc to leave</span>
      </CommandPalette.Footer>
    </CommandPalette.Root>
  );
}

/** The palette asks for headings and for commands alike. */
const nameOf = (item: CommandGroup | Command): string => ('title' in item ? item.title : item.label);

const LEAVE: Command = { title: 'Leave it as it is', group: 'Backends', deed: { do: 'go', to: '/' } };

const asked = ({ text, command }: Question): CommandGroup => ({
  label: text,
  items: [LEAVE, { ...command, title: `${command.title} all the same` }],
});
