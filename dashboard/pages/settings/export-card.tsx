/** Exports the configuration as a file or to the clipboard. */
import { Button } from '@cloudflare/kumo/components/button';
import { CheckIcon, CopyIcon, DownloadSimpleIcon } from '@phosphor-icons/react';
import { useState } from 'react';
import type { Revised } from '../../api/config.ts';
import { toastError } from '../../changes/toasts.ts';
import { Card } from '../../components/card.tsx';
import { inventory } from './import-text.ts';

const COPIED_MS = 1_500;

/** Exports the document without its revision, as Import and `STATIC_CONFIG` expect it. */
export function ExportCard({ revised: { revision, config } }: { readonly revised: Revised }) {
  const [isCopied, setCopied] = useState(false);
  const text = () => `${JSON.stringify(config, null, 2)}\n`;
  const download = () => {
    const url = URL.createObjectURL(new Blob([text()], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `evenkeel-revision-${revision}.json`;
    link.click();
    URL.revokeObjectURL(url);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
      setTimeout(() => setCopied(false), COPIED_MS);
    } catch (error) {
      toastError('Copying failed', (error as Error).message);
    }
  };
  return (
    <Card title="Export">
      <div className="flex flex-col gap-4 p-4 pt-1">
        <p className="text-kumo-subtle">
          Revision {revision} as JSON: {inventory(config)}. It contains no secrets.
        </p>
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" icon={DownloadSimpleIcon} onClick={download}>
            Download
          </Button>
          <Button variant="secondary" icon={isCopied ? CheckIcon : CopyIcon} onClick={copy}>
            {isCopied ? 'Copied' : 'Copy'}
          </Button>
        </div>
      </div>
    </Card>
  );
}
