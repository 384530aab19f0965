/** The Prometheus text format 0.0.4 and OpenMetrics 1.0. No I/O. */

/** The labels of a sample, by name. */
export type Labels = Readonly<Record<string, string>>;

/** One metric with all its samples. Counters are named without `_total`, which the format adds. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  readonly help: string;
  /** The unit, which the name ends with, such as `seconds`. */
  readonly unit?: string;
  readonly samples: readonly Sample[];
}

/** `suffix` comes after the family's name: `_bucket`, `_sum`, `_count`. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly suffix?: string;
}

/** The media types of both formats. */
export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Writes all families; families without samples are left out. */
export function render(families: readonly Family[], openMetrics: boolean): string {
  const lines = families
    .filter((family) => family.samples.length > 0)
    .flatMap((family) => renderFamily(family, openMetrics));
  if (openMetrics) lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function renderFamily(family: Family, openMetrics: boolean): string[] {
  const { name, type, help, unit, samples } = family;
  // The older format knows neither `info` nor a name apart from the samples'.
  const sampleName = name + (type === 'counter' ? '_total' : type === 'info' ? '_info' : '');
  const header = openMetrics ? name : sampleName;
  const shownType = type === 'info' && !openMetrics ? 'gauge' : type;
  return [
    `# HELP ${header} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${header} ${shownType}`,
    ...(openMetrics && unit ? [`# UNIT ${header} ${unit}`] : []),
    ...samples.map(({ labels, value, suffix = '' }) => `${sampleName}${suffix}${write(labels)} ${value}`),
  ];
}

function write(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${quoted(value)}"`);
  return pairs.length > 0 ? `{${pairs.join()}}` : '';
}

const quoted = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** The samples of one histogram; `counts` per bucket, one more than there are `bounds`. */
export function histogram(
  labels: Labels,
  bounds: readonly number[],
  counts: readonly number[],
  sum: number,
): Sample[] {
  let total = 0;
  const buckets = counts.map((n, i): Sample => {
    total += n;
    const le = i < bounds.length ? String(bounds[i]) : '+Inf';
    return { labels: { ...labels, le }, value: total, suffix: '_bucket' };
  });
  return [...buckets, { labels, value: sum, suffix: '_sum' }, { labels, value: total, suffix: '_count' }];
}
