/** Fuzzy search for the command palette. No I/O. */

/**
 * How well a query matches a text; higher is better, null: not at all. Each word of the query must occur in the text, or
 * be an abbreviation of one of its words. An empty query matches everything equally.
 */
export function fitness(query: string, text: string): number | null {
  const hay = text.toLowerCase();
  let sum = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const score = fitWord(word, hay);
    if (score === null) return null;
    sum += score;
  }
  // Of two equal matches the shorter text wins.
  return sum - hay.length / 1_000;
}

const isStart = (text: string, at: number): boolean => at === 0 || /[^a-z0-9]/.test(text[at - 1] ?? '');

function fitWord(word: string, text: string): number | null {
  let best = -1;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const ends = at + word.length === text.length || /[^a-z0-9]/.test(text[at + word.length] ?? '');
    best = Math.max(best, isStart(text, at) ? (ends ? 4 : 3) : 2);
  }
  if (best >= 0) return best;
  return hasLetters(word, text) ? 1 : null;
}

/** Whether a word of the text starts with the first letter and contains the others in this order. */
const hasLetters = (letters: string, text: string): boolean =>
  text.split(/[^a-z0-9]+/).some((word) => {
    if (word[0] !== letters[0]) return false;
    let found = 0;
    for (const letter of word) if (letter === letters[found]) found++;
    return found === letters.length;
  });

interface Ranking<T> {
  readonly most: number;
  /** What is added to the score of an item that matches. */
  readonly preference?: (item: T) => number;
}

/** The `most` best matches, best first; equal ones keep their order. */
export function bestFits<T>(
  query: string,
  items: readonly T[],
  textOf: (item: T) => string,
  { most, preference = () => 0 }: Ranking<T>,
): T[] {
  const scored = items.flatMap((item) => {
    const score = fitness(query, textOf(item));
    return score === null ? [] : [{ item, score: score + preference(item) }];
  });
  if (query.trim() !== '') scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, most).map(({ item }) => item);
}
