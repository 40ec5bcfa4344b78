import type { Rows } from '@sluice/proto/common/v1/rows';
import type { PieChart, ScatterChart, SeriesChart, TableChart } from './piflow.wire.js';

/** The charts that PiFlow's page draws. */
export const CHARTS: Readonly<Record<string, (rows: Rows) => SeriesChart | ScatterChart | PieChart | TableChart>> = {
  LINECHART: (rows) => toSeries(rows, 'line'),
  HISTOGRAM: (rows) => toSeries(rows, 'bar'),
  SCATTERPLOT: toScatter,
  PIECHART: toPie,
  TABLE: toTable,
};

/** The first column is the axis, each other one a series; a name such as `price_SUM` says what was done with it. */
function toSeries({ columns, rows }: Rows, type: 'line' | 'bar'): SeriesChart {
  const [axis, ...others] = columns.map(({ name }) => name);
  const named = others.map((column) => /^(.+)_(COUNT|SUM|AVG|MAX|MIN)$/.exec(column) ?? ['', column, '']);
  return {
    xAxis: { type: axis ?? '', data: rows.map((row) => text(row[0])) },
    series: named.map(([, name = '', stack = ''], index) => ({
      name,
      type,
      stack,
      data: rows.map((row) => text(row[index + 1])),
    })),
    legent: named.map(([, name = '']) => name),
  };
}

/** The first column is the legend; the others are the places of a point. */
function toScatter({ columns, rows }: Rows): ScatterChart {
  const points = new Map<string, string[][]>();
  for (const [first, ...rest] of rows) {
    const name = text(first);
    const place = rest.map(text);
    const known = points.get(name);
    if (known === undefined) points.set(name, [place]);
    else known.push(place);
  }
  return {
    legend: [...points.keys()],
    schema: columns.slice(1).map(({ name }, index) => ({ name, index, text: name })),
    series: [...points].map(([name, data]) => ({ name, type: 'scatter', data })),
  };
}

/** The first column names a share, the second says how large it is. */
function toPie({ rows }: Rows): PieChart {
  return {
    legend: rows.map((row) => text(row[0])),
    series: rows.map((row) => ({ name: text(row[0]), value: row[1] as unknown })),
  };
}

function toTable({ columns, rows }: Rows): TableChart {
  const schema = columns.map(({ name }) => name);
  return { schema, data: rows.map((row) => Object.fromEntries(schema.map((name, at) => [name, row[at] as unknown]))) };
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
