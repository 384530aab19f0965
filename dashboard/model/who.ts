/** Who made a change, in words. No I/O. */

const WORDS: Readonly<Record<string, string>> = {
  token: 'the API token',
  session: 'a dashboard session',
  'static configuration': 'the static configuration',
};

/** `a dashboard session`; an identity is itself. */
export const whoInWords = (who: string): string => WORDS[who] ?? who;
