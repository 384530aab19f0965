/** The differences between two configurations: what was done, where, from which value to which. */
import type { Difference } from '../api/revisions.ts';
import { type Kind, kindOf, textOf, wordsOf } from '../model/difference.ts';

const TONE: Record<Kind, string> = {
  added: 'text-kumo-success',
  set: 'text-kumo-success',
  removed: 'text-kumo-danger',
  unset: 'text-kumo-danger',
  changed: 'text-kumo-info',
  reordered: 'text-kumo-info',
};

/** The differences; parts of a document are indented, and long ones are folded. */
export function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  if (differences.length === 0) return <p className="text-kumo-subtle">No differences.</p>;
  return (
    <ul className="flex flex-col gap-2">
      {differences.map((difference) => (
        <OneDifference key={`${difference.path} ${kindOf(difference)}`} difference={difference} />
      ))}
    </ul>
  );
}

function OneDifference({ difference }: { readonly difference: Difference }) {
  const { path, from, to } = difference;
  const kind = kindOf(difference);
  const [old, now] = [textOf(from), textOf(to)];
  const isShort = isLine(old) && isLine(now);
  return (
    <li className="grid grid-cols-1 gap-x-3 gap-y-0.5 sm:grid-cols-[5rem_minmax(0,1fr)]">
      <span className={TONE[kind]}>{kind}</span>
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <Where path={path} />
          {isShort && from !== null && <Old text={old} />}
          {isShort && from !== null && to !== null && <Arrow />}
          {isShort && to !== null && <New text={now} />}
        </p>
        {!isShort && from !== null && <Block word={to === null ? 'was' : 'from'} text={old} />}
        {!isShort && to !== null && <Block word={from === null ? 'is' : 'to'} text={now} />}
      </div>
    </li>
  );
}

function Where({ path }: { readonly path: string }) {
  return (
    <span className="text-kumo-default" title={path}>
      {wordsOf(path).join(' › ')}
    </span>
  );
}

const Old = ({ text }: { readonly text: string }) => (
  <del className="font-mono text-[13px] break-all text-kumo-subtle">{text}</del>
);
const New = ({ text }: { readonly text: string }) => (
  <ins className="font-mono text-[13px] font-medium break-all text-kumo-default no-underline">{text}</ins>
);
const Arrow = () => (
  <span className="text-kumo-subtle">
    <span aria-hidden="true">→</span>
    <span className="sr-only">to</span>
  </span>
);

const LINE_LENGTH = 120;
const isLine = (text: string): boolean => !text.includes('\n') && text.length <= LINE_LENGTH;

/** Parts with more lines are folded. */
const OPEN_LINES = 12;

function Block({ word, text }: { readonly word: string; readonly text: string }) {
  const lines = text.split('\n').length;
  return (
    <details open={lines <= OPEN_LINES} className="mt-1">
      <summary className="cursor-pointer text-kumo-subtle">
        {word} ({lines} lines)
      </summary>
      <pre className="mt-1 max-h-72 overflow-auto rounded-md bg-kumo-recessed p-3 font-mono text-[13px] whitespace-pre-wrap break-words">
        {text}
      </pre>
    </details>
  );
}
