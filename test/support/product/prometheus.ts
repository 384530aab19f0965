/** Reads the Prometheus text format strictly, as its description has it, and by promtool where that is installed. */
import { spawnSync } from 'node:child_process';

export interface Metric {
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const SAMPLE = /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Parses; throws for what the format or Prometheus's naming conventions do not allow. */
export function parseMetrics(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  if (!text.endsWith('\n')) throw new Error('does not end with a line feed');
  let help: [string, string] | null = null;
  let current = '';
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') help = [name, rest];
    else if (kind === 'TYPE') {
      if (help?.[0] !== name) throw new Error(`${name} has no HELP before its TYPE`);
      if (!TYPES.has(rest)) throw new Error(`${name} has the unknown type ${rest}`);
      if (metrics.has(name)) throw new Error(`${name} is there twice`);
      if ((rest === 'counter') !== name.endsWith('_total'))
        throw new Error(`${name}: only counters end with _total`);
      metrics.set(name, { type: rest, help: help[1], samples: [] });
      current = name;
    } else {
      const match = SAMPLE.exec(line);
      const base = match?.[1]?.replace(/_(bucket|sum|count)$/, '');
      if (!match || (match[1] !== current && base !== current)) throw new Error(`out of place: ${line}`);
      const value = Number(match[3] === '+Inf' ? Number.POSITIVE_INFINITY : match[3]);
      if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
      if (seen.has(`${match[1]}{${match[2]}`)) throw new Error(`twice: ${line}`);
      seen.add(`${match[1]}{${match[2]}`);
      metrics.get(current)!.samples.push({ name: match[1]!, labels: readLabels(match[2] ?? ''), value });
    }
  }
  for (const [name, { type, samples }] of metrics) if (type === 'histogram') checkHistogram(name, samples);
  return metrics;
}

/** Throws unless the buckets of each series rise up to its count. */
function checkHistogram(name: string, samples: Metric['samples']): void {
  const seriesOf = ({ le: _, ...labels }: Record<string, string>) => JSON.stringify(labels);
  const counts = new Map<string, number>();
  for (const { name: line, labels, value } of samples) {
    const series = seriesOf(labels);
    if (line === `${name}_bucket`) {
      if (value < (counts.get(series) ?? 0)) throw new Error(`${name}: a bucket is below the one before it`);
      counts.set(series, value);
    } else if (line === `${name}_count` && value !== counts.get(series))
      throw new Error(`${name}: the last bucket is not the count`);
  }
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let end = 0;
  for (let match = LABEL.exec(text); match; match = LABEL.exec(text)) {
    labels[match[1]!] = match[2]!;
    end = LABEL.lastIndex;
  }
  if (end !== text.length) throw new Error(`labels: ${text}`);
  return labels;
}

/** What `promtool check metrics` complains of; null when it is not installed. */
export function promtool(text: string): string | null {
  const run = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return run.error ? null : run.stdout + run.stderr;
}
