/** Downloads a table as CSV or JSON. */
import { Button } from '@cloudflare/kumo/components/button';
import { DropdownMenu } from '@cloudflare/kumo/components/dropdown';
import { DownloadSimpleIcon } from '@phosphor-icons/react';
import { type Line, toCsv, toJson } from '../model/export.ts';

interface ExportMenuProps {
  /** The file's name without ending: `backends-of-shop`. */
  readonly name: string;
  /** Called when a format is chosen: the rows as they are shown, in their order. */
  readonly lines: () => readonly Line[];
}

/** The button with both formats. */
export function ExportMenu({ name, lines }: ExportMenuProps) {
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <Button size="sm" variant="secondary" icon={DownloadSimpleIcon}>
            Export
          </Button>
        }
      />
      <DropdownMenu.Content>
        <DropdownMenu.Item onClick={() => save(`${name}.csv`, 'text/csv', toCsv(lines()))}>
          CSV
        </DropdownMenu.Item>
        <DropdownMenu.Item onClick={() => save(`${name}.json`, 'application/json', toJson(lines()))}>
          JSON
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

/** Hands a file to the browser. */
function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
