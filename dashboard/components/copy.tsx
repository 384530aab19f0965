/** A value that can be copied: an id, a URL, a command. */
import { CheckIcon, CopyIcon } from '@phosphor-icons/react';
import { useState } from 'react';

/** A small button that copies `value`; `what` names it for screen readers. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={copied ? `${what} copied` : `Copy ${what}`}
      className="inline-flex size-6 shrink-0 items-center justify-center rounded text-kumo-subtle hover:bg-kumo-tint hover:text-kumo-default"
    >
      {copied ? <CheckIcon aria-hidden="true" /> : <CopyIcon aria-hidden="true" />}
    </button>
  );
}

/** A command line with its copy button. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <div className="flex items-center gap-2 rounded-md bg-kumo-recessed px-3 py-2">
      <code className="min-w-0 flex-1 break-words whitespace-pre-wrap font-mono text-[13px] text-kumo-default">
        {command}
      </code>
      <CopyButton value={command} what="command" />
    </div>
  );
}
