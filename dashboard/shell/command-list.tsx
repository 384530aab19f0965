/** The command palette's list: type a few letters, press Enter. Harmful commands need a confirmation in the same place. */
import { CommandPalette } from '@cloudflare/kumo/components/command-palette';
import { Dialog } from '@cloudflare/kumo/components/dialog';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { configQuery } from '../api/config.ts';
import { useCommandActions } from './command-actions.ts';
import { type Command, type CommandGroup, commandsOf, findCommands } from './commands.ts';

/** A confirmation before a command. */
interface Question {
  readonly text: string;
  readonly command: Command;
}

/** Open for as long as it is rendered. */
export function CommandList({ onClose }: { readonly onClose: () => void }) {
  const { data } = useQuery(configQuery);
  const { run, warningFor } = useCommandActions();
  const [query, setQuery] = useState('');
  const [question, setQuestion] = useState<Question | null>(null);
  const chosen = useRef('');
  const commands = useMemo(() => commandsOf(data?.config), [data]);
  const groups = useMemo(
    () => (question ? [groupOf(question)] : findCommands(query, commands)),
    [question, query, commands],
  );
  const choose = (command: Command) => {
    if (command === CANCEL) return onClose();
    chosen.current = command.title;
    const text = question ? null : warningFor(command.action);
    if (text !== null) {
      setQuery('');
      setQuestion({ text, command });
      return;
    }
    onClose();
    run(command.action);
  };
  return (
    <CommandPalette.Root<CommandGroup, Command>
      open
      onOpenChange={(open) => !open && onClose()}
      items={groups}
      value={query}
      onValueChange={(text) => {
        // Otherwise the field would fill itself with the chosen command.
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
        aria-label="Search pages, pools, backends, routes, requests and commands"
        placeholder="Request ID, host, path, backend, pool, command…"
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
          No results. Search for a request ID, a path, a host, a URL, a pool, a backend, a route or a command.
        </CommandPalette.Empty>
      </CommandPalette.List>
      <CommandPalette.Footer>
        <span className="text-kumo-default">↑ ↓ to select</span>
        <span className="text-kumo-default">Enter to run</span>
        <span className="text-kumo-default">Esc to close</span>
      </CommandPalette.Footer>
    </CommandPalette.Root>
  );
}

/** The palette needs names of headings and of commands. */
const nameOf = (item: CommandGroup | Command): string => ('title' in item ? item.title : item.label);

const CANCEL: Command = { title: 'Cancel', group: 'Backends', action: { do: 'go', to: '/' } };

const groupOf = ({ text, command }: Question): CommandGroup => ({
  label: text,
  items: [CANCEL, { ...command, title: `${command.title} anyway` }],
});
