/** The form of the route test: URL and method; headers and client address are folded. */
import { Button } from '@cloudflare/kumo/components/button';
import { Input } from '@cloudflare/kumo/components/input';
import { Select } from '@cloudflare/kumo/components/select';
import { PlusIcon, SignpostIcon, XIcon } from '@phosphor-icons/react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { Problem } from '../../../worker/config/check.ts';
import type { Question } from '../../api/explain.ts';
import { type Mapping, requestsQuery } from '../../api/requests.ts';
import { messageAt } from '../../model/problems.ts';
import { type HeaderRow, questionOf, urlOf } from './explain-words.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

interface ExplainFormProps {
  readonly url: string;
  readonly method: string;
  readonly errors: readonly Problem[];
  readonly busy: boolean;
  readonly onAsk: (question: Question) => void;
}

/** Runs the test when it is submitted. URL and method follow the page's address. */
export function ExplainForm({ url: askedUrl, method: askedMethod, errors, busy, onAsk }: ExplainFormProps) {
  const [url, setUrl] = useState(askedUrl);
  const [method, setMethod] = useState(askedMethod);
  useEffect(() => setUrl(askedUrl), [askedUrl]);
  useEffect(() => setMethod(askedMethod), [askedMethod]);
  const [rows, setRows] = useState<readonly HeaderRow[]>([]);
  const [clientIp, setClientIp] = useState('');
  const [country, setCountry] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (url.trim() === '') return;
    const question = questionOf(url, method, rows, { clientIp, country });
    setUrl(question.url);
    onAsk(question);
  };
  const methods = METHODS.includes(method) ? METHODS : [method, ...METHODS];
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start gap-2">
        <Select
          aria-label="Method"
          value={method}
          onValueChange={(next) => next && setMethod(next)}
          items={Object.fromEntries(methods.map((name) => [name, name]))}
          className="w-28"
        />
        <div className="min-w-0 flex-1 basis-56">
          <Input
            aria-label="URL"
            value={url}
            onValueChange={(value: string) => setUrl(value)}
            placeholder="https://shop.example.com/cart"
            error={messageAt(errors, 'url')}
            autoComplete="off"
            spellCheck={false}
            inputMode="url"
            className="w-full"
          />
        </div>
        <Button type="submit" variant="primary" icon={SignpostIcon} loading={busy}>
          Test
        </Button>
      </div>
      <RecentRequest
        onPick={(mapping) => {
          setUrl(urlOf(mapping));
          setMethod(mapping.method);
          onAsk(questionOf(urlOf(mapping), mapping.method, rows, { clientIp, country }));
        }}
      />
      <details
        open={['headers', 'clientIp', 'country'].some((field) => messageAt(errors, field) !== undefined)}
      >
        <summary className="w-fit cursor-pointer text-kumo-subtle">
          Headers, client address and country
        </summary>
        <div className="flex max-w-3xl flex-col gap-4 pt-3">
          <Headers rows={rows} setRows={setRows} error={messageAt(errors, 'headers')} />
          <div className="max-w-xs">
            <Input
              label="Client address"
              value={clientIp}
              onValueChange={(value: string) => setClientIp(value)}
              placeholder="198.51.100.7"
              description="Used by address affinity, by splits and by the hash policy"
              error={messageAt(errors, 'clientIp')}
              autoComplete="off"
            />
          </div>
          <div className="max-w-xs">
            <Input
              label="Country"
              value={country}
              onValueChange={(value: string) => setCountry(value)}
              placeholder="DE"
              description="Used by routes for countries"
              error={messageAt(errors, 'country')}
              autoComplete="off"
            />
          </div>
        </div>
      </details>
    </form>
  );
}

/** The value while none is picked: a placeholder has too little contrast. No request reads like this. */
const NOT_PICKED = '*';

/** Recent requests to choose from. */
const RECENT = 20;

/** Fills the form in from a request on record. */
function RecentRequest({ onPick }: { readonly onPick: (mapping: Mapping) => void }) {
  const { data: requests = [] } = useQuery(requestsQuery({}));
  const items = [...new Map(requests.map((one) => [`${one.method} ${one.host}${one.path}`, one]))]
    .slice(0, RECENT)
    .map(([words, mapping]) => ({ words, mapping }));
  if (items.length === 0) return null;
  return (
    <Select
      aria-label="Fill in from a recent request"
      className="w-full max-w-xl"
      value={NOT_PICKED}
      items={[
        { value: NOT_PICKED, label: 'Fill in from a recent request' },
        ...items.map(({ words }) => ({ value: words, label: words })),
      ]}
      onValueChange={(picked) => {
        const found = items.find(({ words }) => words === picked);
        if (found) onPick(found.mapping);
      }}
    />
  );
}

interface HeadersProps {
  readonly rows: readonly HeaderRow[];
  readonly setRows: (rows: readonly HeaderRow[]) => void;
  readonly error: string | undefined;
}

function Headers({ rows, setRows, error }: HeadersProps) {
  const next = useRef(0);
  const change = (id: number, fields: Partial<HeaderRow>) =>
    setRows(rows.map((row) => (row.id === id ? { ...row, ...fields } : row)));
  return (
    <div className="flex flex-col items-start gap-2">
      {rows.map(({ id, name, value }, i) => (
        <div key={id} className="flex w-full items-center gap-2">
          <Input
            aria-label={`Name of header ${i + 1}`}
            value={name}
            onValueChange={(text: string) => change(id, { name: text })}
            placeholder="Cookie"
            autoFocus
            className="w-40 min-w-0"
          />
          <Input
            aria-label={`Value of header ${i + 1}`}
            value={value}
            onValueChange={(text: string) => change(id, { value: text })}
            className="min-w-0 flex-1"
          />
          <Button
            variant="ghost"
            shape="square"
            icon={XIcon}
            aria-label={`Remove header ${i + 1}`}
            onClick={() => setRows(rows.filter((row) => row.id !== id))}
          />
        </div>
      ))}
      {error && (
        <p role="alert" className="text-kumo-danger">
          Headers {error}
        </p>
      )}
      <Button
        size="sm"
        variant="secondary"
        icon={PlusIcon}
        onClick={() => setRows([...rows, { id: next.current++, name: '', value: '' }])}
      >
        Add header
      </Button>
    </div>
  );
}
