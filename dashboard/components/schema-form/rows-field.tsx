/** Fields with any number of entries: objects, each with fields of its own, and names with their values. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { PlusIcon, XIcon } from '@phosphor-icons/react';
import { type ReactNode, useState } from 'react';
import { defaultsOf, type FieldProps } from './fields.ts';
import { Hint } from './hint.tsx';

interface RowsProps extends FieldProps {
  /** Draws the fields of one row. */
  readonly children: (row: unknown, index: number, change: (row: unknown) => void) => ReactNode;
}

/** A list of objects. */
export function Rows({ field, value, onChange, error, disabled, children }: RowsProps) {
  const rows = Array.isArray(value) ? (value as readonly unknown[]) : [];
  // Without its last row a list that the document may leave out is left out again.
  const set = (next: readonly unknown[]) =>
    onChange(next.length === 0 && field.empty === 'unset' ? undefined : next);
  return (
    <Entries field={field} value={value} error={rows.length === 0 ? error : undefined}>
      {rows.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity beyond their place
        <div key={i} className="flex items-start gap-2 rounded border border-kumo-line p-3">
          <div className="flex min-w-0 flex-1 flex-col gap-3">
            {children(row, i, (next) => set(rows.with(i, next)))}
            <RowError rows={rows} index={i} error={error} />
          </div>
          <RemoveButton what={`${field.label} ${i + 1}`} onClick={() => set(rows.toSpliced(i, 1))} />
        </div>
      ))}
      <AddButton
        what={field.label}
        disabled={disabled}
        onClick={() => set([...rows, defaultsOf(field.fields)])}
      />
    </Entries>
  );
}

/** The message of the list goes below its last row, where one was added. */
function RowError({
  rows,
  index,
  error,
}: {
  rows: readonly unknown[];
  index: number;
  error: string | undefined;
}) {
  if (error === undefined || index < rows.length - 1) return null;
  return <p className="text-kumo-danger">{error}</p>;
}

type Pair = readonly [name: string, value: string];

/** Names with their values, such as headers. A pair that has no name yet is kept in the form. */
export function PairsField({ field, value, onChange, error, disabled }: FieldProps) {
  const known = Object.entries((value ?? {}) as Record<string, string>);
  const [typed, setTyped] = useState<readonly Pair[]>(known);
  const isTyped = JSON.stringify(objectOf(typed)) === JSON.stringify(Object.fromEntries(known));
  const pairs = isTyped ? typed : known;
  const set = (next: readonly Pair[]) => {
    setTyped(next);
    onChange(objectOf(next));
  };
  return (
    <Entries field={field} value={value} error={error}>
      {pairs.map(([name, text], i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pairs have no identity beyond their place
        <div key={i} className="flex items-center gap-2">
          <Input
            aria-label={`${field.label}: name ${i + 1}`}
            value={name}
            onValueChange={(next: string) => set(pairs.with(i, [next, text]))}
            placeholder="x-name"
            disabled={disabled}
            autoComplete="off"
            spellCheck={false}
            className="w-44 min-w-0"
          />
          <Input
            aria-label={`${field.label}: value ${i + 1}`}
            value={text}
            onValueChange={(next: string) => set(pairs.with(i, [name, next]))}
            disabled={disabled}
            autoComplete="off"
            spellCheck={false}
            className="min-w-0 flex-1"
          />
          <RemoveButton what={`${field.label} ${i + 1}`} onClick={() => set(pairs.toSpliced(i, 1))} />
        </div>
      ))}
      <AddButton what={field.label} disabled={disabled} onClick={() => set([...pairs, ['', '']])} />
    </Entries>
  );
}

const objectOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(([name]) => name !== '').map(([name, value]) => [name.trim(), value]));

interface EntriesProps extends Pick<FieldProps, 'field' | 'value' | 'error'> {
  readonly children: ReactNode;
}

function Entries({ field, value, error, children }: EntriesProps) {
  return (
    <fieldset className="flex min-w-0 flex-col items-stretch gap-2">
      <legend className="float-left w-full font-medium text-kumo-default">{field.label}</legend>
      <p className="clear-both text-sm leading-snug text-kumo-subtle">
        <Hint field={{ ...field, default: undefined }} value={value} />
      </p>
      {children}
      {error && <p className="text-kumo-danger">{error}</p>}
    </fieldset>
  );
}

function AddButton({ what, ...props }: { what: string; disabled: boolean; onClick: () => void }) {
  return (
    <Button
      size="sm"
      variant="secondary"
      icon={PlusIcon}
      aria-label={`Add to ${what}`}
      className="self-start"
      {...props}
    >
      Add
    </Button>
  );
}

function RemoveButton({ what, onClick }: { what: string; onClick: () => void }) {
  return (
    <Button variant="ghost" shape="square" icon={XIcon} aria-label={`Remove ${what}`} onClick={onClick} />
  );
}
