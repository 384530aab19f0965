/** What is known of a request on one way through a file's rules, and how routes express it. No I/O. */

/** A condition as routes write it, on a header, a cookie or a query parameter. */
export interface Condition {
  readonly on: 'headers' | 'cookies' | 'query';
  readonly name: string;
  readonly value?: string;
  readonly prefix?: string;
  readonly present?: true;
  readonly not?: boolean;
}

/** Everything that holds on one way. */
export interface Facts {
  /** Null: any. */
  readonly methods: readonly string[] | null;
  readonly notMethods: readonly string[];
  readonly conditions: readonly Condition[];
}

export const NOTHING: Facts = { methods: null, notMethods: [], conditions: [] };

type Json = Record<string, unknown>;

const isSame = (a: Condition, b: Condition): boolean =>
  a.on === b.on &&
  a.name.toLowerCase() === b.name.toLowerCase() &&
  a.value === b.value &&
  a.prefix === b.prefix &&
  a.present === b.present;

const negate = (condition: Condition): Condition => {
  const { not, ...positive } = condition;
  return not ? positive : { ...positive, not: true };
};

/** Whether `condition` must hold (true) or cannot hold (false) if `known` holds; null: both are possible. */
function follows(known: Condition, condition: Condition): boolean | null {
  const isNot = condition.not ?? false;
  if (isSame(known, condition)) return (known.not ?? false) === isNot;
  if (known.on !== condition.on || known.name.toLowerCase() !== condition.name.toLowerCase()) return null;
  if (known.not) return known.present ? isNot : null;
  if (condition.present) return !isNot;
  if (known.value === undefined) return null;
  const holds =
    condition.value === undefined
      ? known.value.startsWith(condition.prefix!)
      : known.value === condition.value;
  return holds !== isNot;
}

/** The facts with one more condition; null when it cannot hold. */
function withCondition(facts: Facts, condition: Condition): Facts | null {
  for (const known of facts.conditions) {
    const result = follows(known, condition);
    if (result === true) return facts;
    if (result === false) return null;
  }
  return { ...facts, conditions: [...facts.conditions, condition] };
}

/**
 * The ways after a question: for each of `conditions` where it holds, and where none does. The first ones may overlap; what
 * is in two of them ends in the same way, for how a request ends depends on nothing but the request.
 */
export function splitBy(facts: Facts, conditions: readonly Condition[]): { yes: Facts[]; no: Facts | null } {
  const yes: Facts[] = [];
  let no: Facts | null = facts;
  for (const condition of conditions) {
    if (!no) break;
    const held = withCondition(facts, condition);
    if (held) yes.push(held);
    no = withCondition(no, negate(condition));
  }
  return { yes, no };
}

/** The two ways after the question whether the method is one of `methods`. */
export function splitByMethod(
  facts: Facts,
  methods: readonly string[],
): { yes: Facts | null; no: Facts | null } {
  const possible = methods.filter((one) => !facts.notMethods.includes(one));
  if (facts.methods) {
    const [inside, outside] = [true, false].map((is) =>
      facts.methods!.filter((one) => possible.includes(one) === is),
    ) as [string[], string[]];
    const only = (some: string[]) => (some.length > 0 ? { ...facts, methods: some } : null);
    return { yes: only(inside), no: only(outside) };
  }
  return {
    yes: possible.length > 0 ? { ...facts, methods: possible } : null,
    no: { ...facts, notMethods: [...facts.notMethods, ...possible] },
  };
}

/**
 * The `match` of a route for this way. What only excludes other ways is left out where their routes come first anyway: a
 * route with methods comes before one without, and one with conditions before one without.
 */
export function matchOf({ methods, conditions }: Facts): Json {
  const match: Json = {};
  if (methods) match.methods = methods;
  if (conditions.every(({ not }) => not)) return match;
  for (const { on, ...condition } of conditions) match[on] = [...((match[on] as Json[]) ?? []), condition];
  return match;
}
