/** The name and the logo: a level line on a wave. */

/** Shown above the navigation and on the sign-in page. */
export function Brand() {
  return (
    <span className="inline-flex items-center gap-2 font-semibold text-kumo-default">
      <svg viewBox="0 0 24 24" className="size-5" aria-hidden="true">
        <path d="M2 15c3.3-3 6.7-3 10 0s6.7 3 10 0" fill="none" stroke="currentColor" strokeWidth="2" />
        <path d="M4 8h16" stroke="var(--color-kumo-brand)" strokeWidth="2.5" strokeLinecap="round" />
      </svg>
      Evenkeel
    </span>
  );
}
