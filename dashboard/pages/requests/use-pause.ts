/** Holds a list still while somebody reads it. */
import { type FocusEvent, type PointerEvent, type UIEvent, useRef, useState } from 'react';

/** `null`: it flows. Else who stopped it: the operator by the button, or by pointing, focus or scrolling. */
export type Pause = 'button' | 'reading' | null;

/** The pause, the button's way to change it, and what the list must tell. */
export function usePause() {
  const [byButton, setByButton] = useState(false);
  const [isRead, setRead] = useState(false);
  const reasons = useRef({ pointed: false, focused: false, scrolled: false });
  const note = (reason: Partial<typeof reasons.current>) => {
    Object.assign(reasons.current, reason);
    const { pointed, focused, scrolled } = reasons.current;
    setRead(pointed || focused || scrolled);
  };
  const pause: Pause = byButton ? 'button' : isRead ? 'reading' : null;
  const handlers = {
    // A finger that has left the screen points at nothing, but says so no more.
    onPointerEnter: ({ pointerType }: PointerEvent) => note({ pointed: pointerType === 'mouse' }),
    onPointerLeave: () => note({ pointed: false }),
    onFocus: () => note({ focused: true }),
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent) =>
      note({ focused: currentTarget.contains(relatedTarget) }),
    onScroll: ({ currentTarget }: UIEvent<HTMLElement>) => note({ scrolled: currentTarget.scrollTop > 0 }),
  };
  return { pause, toggle: () => setByButton(!byButton), handlers };
}
