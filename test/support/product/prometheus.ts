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
  return metrics;
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
