/** A text that is cut in its middle where there is no room: names of servers differ at the end. */

/** Characters at the end that are always shown. */
const TAIL = 12;

/** One line; the whole text is its title. */
export function Middle({ text, className = '' }: { readonly text: string; readonly className?: string }) {
  const cut = Math.max(0, text.length - TAIL);
  return (
    <span className={`flex min-w-0 whitespace-pre ${className}`} title={text}>
      <span className="truncate">{text.slice(0, cut)}</span>
      <span className="shrink-0">{text.slice(cut)}</span>
    </span>
  );
}
