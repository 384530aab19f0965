/** The world that is assumed: locations with their traffic over the day, isolates, and how far away the objects are. No I/O. */

export type Continent = 'na' | 'eu' | 'as' | 'sa' | 'oc' | 'af';

/** Share of the world's traffic, share of its locations, and the clock's distance from UTC in hours. */
const CONTINENTS: Readonly<Record<Continent, { traffic: number; locations: number; utc: number }>> = {
  na: { traffic: 0.3, locations: 0.25, utc: -6 },
  eu: { traffic: 0.28, locations: 0.235, utc: 1 },
  as: { traffic: 0.27, locations: 0.265, utc: 7 },
  sa: { traffic: 0.07, locations: 0.115, utc: -4 },
  oc: { traffic: 0.04, locations: 0.05, utc: 10 },
  af: { traffic: 0.04, locations: 0.085, utc: 2 },
};
export const NAMES = Object.keys(CONTINENTS) as Continent[];

/** Round trips between continents in ms, as assumed; within one 30. */
const ROUND_TRIP_MS: Readonly<Record<string, number>> = {
  'eu na': 90,
  'as na': 150,
  'na sa': 130,
  'na oc': 170,
  'af na': 220,
  'as eu': 170,
  'eu sa': 190,
  'eu oc': 260,
  'af eu': 110,
  'as sa': 300,
  'as oc': 110,
  'af as': 250,
  'oc sa': 300,
  'af sa': 330,
  'af oc': 380,
};
export const roundTripMs = (a: Continent, b: Continent): number =>
  a === b ? 30 : ROUND_TRIP_MS[[a, b].toSorted().join(' ')]!;

export interface Location {
  readonly continent: Continent;
  /** Share of the world's traffic, the time of day aside. */
  readonly share: number;
  /** What the way to its continent's middle adds to a round trip. */
  readonly extraMs: number;
  readonly isolates: number;
}

/** Locations of unequal size (the nth of a continent has 1/n^0.8 of the first's traffic), isolates by traffic, each at least one. */
export function makeLocations(count: number, isolates: number, random: () => number): Location[] {
  return NAMES.flatMap((continent) => {
    const { traffic, locations } = CONTINENTS[continent];
    const sizes = Array.from(
      { length: Math.max(1, Math.round(count * locations)) },
      (_, n) => (n + 1) ** -0.8,
    );
    const all = sizes.reduce((a, b) => a + b, 0);
    return sizes.map((size) => {
      const share = (traffic * size) / all;
      return {
        continent,
        share,
        extraMs: 20 * random(),
        isolates: Math.max(1, Math.round(share * isolates)),
      };
    });
  });
}

const LOWEST = 0.35;
const MEAN = (1 + LOWEST) / 2;

/** Traffic at an hour of UTC relative to the day's mean: least at 8 in the morning, most at 8 in the evening, local time. */
export function curve(continent: Continent, hour: number): number {
  const local = hour + CONTINENTS[continent].utc;
  const wave = (1 + Math.cos(((local - 20) / 24) * 2 * Math.PI)) / 2;
  return (LOWEST + (1 - LOWEST) * wave) / MEAN;
}
