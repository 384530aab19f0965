/** Draws only the rows of a long list that are near the visible part of the page. */
import { type RefObject, useLayoutEffect, useState } from 'react';

/** The rows to draw: from `from` up to, not including, `to`. */
export interface VisibleRows {
  readonly from: number;
  readonly to: number;
}

/** A list of so many rows is drawn in full. */
const WHOLE = 60;
/** Rows drawn above and below the visible part, and the steps in which the drawn part moves. */
const MARGIN = 8;

/**
 * The rows near the visible part of the page. `list`: the element whose top is the first row's; all rows are `rowPx` high.
 * Drawn again only when the part has moved by several rows.
 */
export function useVisibleRows(
  list: RefObject<HTMLElement | null>,
  count: number,
  rowPx: number,
): VisibleRows {
  const [rows, setRows] = useState<VisibleRows>({ from: 0, to: MARGIN * 4 });
  useLayoutEffect(() => {
    const look = () => {
      const top = -(list.current?.getBoundingClientRect().top ?? 0);
      const step = (px: number) => Math.floor(px / rowPx / MARGIN) * MARGIN;
      const from = Math.max(0, step(top) - MARGIN);
      const to = Math.max(0, step(top + window.innerHeight)) + 2 * MARGIN;
      setRows((known) => (known.from === from && known.to === to ? known : { from, to }));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [list, rowPx]);
  if (count <= WHOLE) return { from: 0, to: count };
  return { from: Math.min(rows.from, count), to: Math.min(rows.to, count) };
}
