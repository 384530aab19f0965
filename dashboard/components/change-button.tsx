/** A button that begins or makes a change: disabled for viewers, with the reason. */
import { Button } from '@cloudflare/kumo/components/button';
import type { ComponentProps } from 'react';
import { useMayChange, VIEWER_REASON } from '../changes/may-change.ts';

/** As `Button`. */
export function ChangeButton({ disabled, ...props }: ComponentProps<typeof Button>) {
  const may = useMayChange();
  return <Button {...props} disabled={disabled || !may} {...(may ? {} : { title: VIEWER_REASON })} />;
}
