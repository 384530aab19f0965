/** The fields of a form made of a JSON Schema: an object's values in, one change at a time out. */
import { Switch } from '@cloudflare/kumo/components/switch';
import type { Problem } from '../../../worker/config/check.ts';
import { messageAt } from '../../model/problems.ts';
import { ChoiceField, MixedField } from './choice-field.tsx';
import { type Field, type FieldProps, hintOf, valueAt } from './fields.ts';
import { TextField } from './text-field.tsx';

interface SchemaFieldsProps {
  readonly fields: readonly Field[];
  /** The object whose fields they are. */
  readonly value: unknown;
  readonly onChange: (path: string, value: unknown) => void;
  /** What is wrong, with paths within the object. */
  readonly problems: readonly Problem[];
  /** Fields that are chosen from a list although the schema takes any text, by path. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Fields that only tell, by path. */
  readonly fixed?: readonly string[];
}

/** All fields; groups become fieldsets. */
export function SchemaFields({ fields, ...rest }: SchemaFieldsProps) {
  const groups = fields.filter(({ kind }) => kind === 'group');
  const plain = fields.filter(({ kind }) => kind !== 'group');
  return (
    <>
      {plain.length > 0 && (
        <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,240px),1fr))] items-start gap-x-6 gap-y-4">
          {plain.map((field) => (
            <OneField key={field.path} field={field} {...rest} />
          ))}
        </div>
      )}
      {groups.map((group) => (
        <fieldset key={group.path} className="flex min-w-0 flex-col gap-3 border-t border-kumo-line pt-4">
          <legend className="float-left w-full font-medium text-kumo-default">{group.label}</legend>
          {group.description && <p className="clear-both text-kumo-subtle">{group.description}</p>}
          <SchemaFields fields={group.fields} {...rest} />
        </fieldset>
      ))}
    </>
  );
}

function OneField({
  field,
  value: object,
  onChange,
  problems,
  choices,
  fixed,
}: Omit<SchemaFieldsProps, 'fields'> & { readonly field: Field }) {
  const listed = choices?.[field.path];
  const props: FieldProps = {
    field: listed ? { ...field, kind: 'choice', choices: listed } : field,
    value: valueAt(object, field.path),
    onChange: (value) => onChange(field.path, value),
    error: messageAt(problems, field.path),
    disabled: fixed?.includes(field.path) ?? false,
  };
  switch (props.field.kind) {
    case 'choice':
      return <ChoiceField {...props} />;
    case 'mixed':
      return <MixedField {...props} />;
    case 'flag':
      return <FlagField {...props} />;
    default:
      return <TextField {...props} />;
  }
}

function FlagField({ field, value, onChange, error, disabled }: FieldProps) {
  return (
    <div className="flex flex-col gap-1">
      <Switch label={field.label} checked={value === true} onCheckedChange={onChange} disabled={disabled} />
      <p className="text-kumo-subtle">{hintOf(field)}</p>
      {error && <p className="text-kumo-danger">{error}</p>}
    </div>
  );
}
