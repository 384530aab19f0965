/** The fields of a form built from a JSON Schema: takes an object's values, and reports one change at a time. */
import { Switch } from '@cloudflare/kumo/components/switch';
import type { Problem } from '../../../worker/config/check.ts';
import { messageAt, within } from '../../model/problems.ts';
import { ChoiceField, MixedField } from './choice-field.tsx';
import {
  asText,
  choiceLabel,
  defaultsOf,
  type Field,
  type FieldProps,
  inUnits,
  misread,
  valueAt,
  withValue,
} from './fields.ts';
import { Hint } from './hint.tsx';
import { PairsField, Rows } from './rows-field.tsx';
import { LongField, TextField } from './text-field.tsx';

interface SchemaFieldsProps {
  readonly fields: readonly Field[];
  /** The object that the fields belong to. */
  readonly value: unknown;
  readonly onChange: (path: string, value: unknown) => void;
  /** What is wrong, with paths within the object. */
  readonly problems: readonly Problem[];
  /** Labels of choices, by path and value. A field without choices in the schema gets these as its choices. */
  readonly choices?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Fields that cannot be changed, by path. */
  readonly fixed?: readonly string[];
  /** What empty fields inherit: the object, with its values at the same paths, and its name (`the pool`). */
  readonly inherited?: { readonly from: string; readonly value: unknown };
}

/** All fields; groups become fieldsets. */
export function SchemaFields({ fields, ...rest }: SchemaFieldsProps) {
  const plain = fields.filter(({ kind }) => !WIDE.has(kind));
  const wide = fields.filter(({ kind }) => WIDE.has(kind));
  return (
    <>
      {plain.length > 0 && (
        <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,240px),1fr))] items-start gap-x-6 gap-y-4 *:min-w-0">
          {plain.map((field) => (
            <OneField key={field.path} field={field} {...rest} />
          ))}
        </div>
      )}
      {wide.map((field) =>
        field.kind === 'group' ? (
          <Group key={field.path} group={field} {...rest} />
        ) : (
          <OneField key={field.path} field={field} {...rest} />
        ),
      )}
    </>
  );
}

/** Kinds that take the form's whole width. */
const WIDE: ReadonlySet<Field['kind']> = new Set(['group', 'rows', 'pairs', 'long']);

/** A group may be switched off as a whole, where null means off and its fields have defaults to begin with. */
const isSwitched = ({ empty, fields }: Field): boolean =>
  empty === 'null' && fields.some((field) => field.default !== undefined);

function Group({ group, ...rest }: Omit<SchemaFieldsProps, 'fields'> & { readonly group: Field }) {
  const isOff = isSwitched(group) && valueAt(rest.value, group.path) === null;
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 border-t border-kumo-line pt-4">
      <legend className="float-left w-full font-medium text-kumo-default">{group.label}</legend>
      {group.description && <p className="clear-both text-kumo-subtle">{group.description}.</p>}
      {isSwitched(group) && (
        <Switch
          label={isOff ? 'Off' : 'On'}
          aria-label={group.label}
          checked={!isOff}
          onCheckedChange={(on) => rest.onChange(group.path, on ? defaultsOf(group.fields) : null)}
          disabled={rest.fixed?.includes(group.path) ?? false}
        />
      )}
      {!isOff && <SchemaFields fields={group.fields} {...rest} />}
    </fieldset>
  );
}

interface OneFieldProps extends Omit<SchemaFieldsProps, 'fields'> {
  readonly field: Field;
}

const NO_WORDS: Readonly<Record<string, string>> = {};

function OneField({ field, value: object, onChange, problems, choices, fixed, inherited }: OneFieldProps) {
  const words = choices?.[field.path];
  const isListed = words !== undefined && field.choices.length === 0;
  const props: FieldProps = {
    field: isListed ? { ...field, kind: 'choice', choices: Object.keys(words) } : field,
    value: valueAt(object, field.path),
    onChange: (value) => onChange(field.path, value),
    error: misread(field, valueAt(object, field.path)) ?? inUnits(field, messageAt(problems, field.path)),
    disabled: fixed?.includes(field.path) ?? false,
    placeholder: field.empty === 'text' ? undefined : placeholderOf(field, inherited),
    words: words ?? NO_WORDS,
  };
  switch (props.field.kind) {
    case 'choice':
      return <ChoiceField {...props} />;
    case 'mixed':
      return <MixedField {...props} />;
    case 'flag':
      return field.empty === 'text' ? <FlagField {...props} /> : <ChoiceField {...props} />;
    case 'long':
      return <LongField {...props} />;
    case 'pairs':
      return <PairsField {...props} />;
    case 'rows':
      return (
        <Rows {...props}>
          {(row, i, change) => (
            <SchemaFields
              fields={field.fields}
              value={row}
              onChange={(path, value) => change(withValue(row, path, value))}
              problems={within(problems, `${field.path}[${i}]`)}
            />
          )}
        </Rows>
      );
    default:
      return <TextField {...props} />;
  }
}

/** `as the pool: 15000`. */
function placeholderOf(field: Field, inherited: SchemaFieldsProps['inherited']): string | undefined {
  if (!inherited) return undefined;
  const value = valueAt(inherited.value, field.path);
  if (value === undefined) return undefined;
  const text = typeof value === 'boolean' ? choiceLabel(value) : asText(field, value);
  return text === '' ? `as ${inherited.from}` : `as ${inherited.from}: ${text}`;
}

function FlagField({ field, value, onChange, error, disabled }: FieldProps) {
  return (
    <div className="flex flex-col gap-1">
      <Switch label={field.label} checked={value === true} onCheckedChange={onChange} disabled={disabled} />
      <p className="text-sm leading-snug text-kumo-subtle">
        <Hint field={field} value={value} />
      </p>
      {error && <p className="text-kumo-danger">{error}</p>}
    </div>
  );
}
