/** The state of a backend or a pool as a word and a colour. Every state's colour is defined here. */
import type { LeftOut } from '../api/explain.ts';
import { HEALTH_WORDS, type Health } from '../model/health.ts';

const DOT = {
  good: 'bg-kumo-success',
  warning: 'bg-kumo-warning',
  bad: 'bg-kumo-danger',
  off: 'bg-kumo-interact',
} as const;
const TEXT = {
  good: 'text-kumo-success',
  warning: 'text-kumo-warning',
  bad: 'text-kumo-danger',
  off: 'text-kumo-subtle',
} as const;
/** What a state means for the operator. */
export type Tone = keyof typeof DOT;

const HEALTH_TONE: Record<Health, Tone> = {
  ok: 'good',
  reduced: 'off',
  degraded: 'warning',
  failing: 'bad',
  down: 'bad',
  unknown: 'off',
};

interface StateProps {
  readonly tone: Tone;
  /** A sentence that may take several lines. */
  readonly isLong?: boolean;
  readonly children: string;
}

/** A dot and a word. */
export function State({ tone, isLong = false, children }: StateProps) {
  return (
    <span
      className={`inline-flex gap-2 ${isLong ? 'items-baseline' : 'items-center whitespace-nowrap'} ${TEXT[tone]}`}
    >
      <span aria-hidden="true" className={`size-2 shrink-0 rounded-full ${DOT[tone]}`} />
      {children}
    </span>
  );
}

/** A tone as the colour of a bar, beside a word that says the same. */
export const toneBar = (tone: Tone): string => DOT[tone];

/** A tone as the colour of an icon or a text, beside a word that says the same. */
export const toneText = (tone: Tone): string => TEXT[tone];

/** A pool's dot for lists; the word is for screen readers. */
export function HealthDot({ health }: { readonly health: Health }) {
  return (
    <span className="relative inline-flex items-center">
      <span aria-hidden="true" className={`size-2 rounded-full ${DOT[HEALTH_TONE[health]]}`} />
      <span className="sr-only">{HEALTH_WORDS[health]}</span>
    </span>
  );
}

/** A pool's health as a word with its dot. */
export const HealthState = ({ health }: { readonly health: Health }) => (
  <State tone={HEALTH_TONE[health]}>{HEALTH_WORDS[health]}</State>
);

/** A text in the colour of a pool's health. */
export const healthText = (health: Health): string => TEXT[HEALTH_TONE[health]];

const LEFT_OUT: Record<LeftOut['status'], readonly [Tone, string]> = {
  ejected: ['bad', 'ejected'],
  unhealthy: ['bad', 'unhealthy'],
  failing: ['warning', 'failing'],
  draining: ['warning', 'draining'],
  disabled: ['off', 'disabled'],
  'weight-0': ['off', 'weight 0'],
  standby: ['off', 'standby'],
};

/** Why a backend is excluded from the first choice. */
export function LeftOutState({ status }: { readonly status: LeftOut['status'] }) {
  const [tone, word] = LEFT_OUT[status];
  return <State tone={tone}>{word}</State>;
}
