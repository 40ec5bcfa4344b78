import type { Rows } from '@sluice/proto/common/v1/rows';
import { describe, expect, it } from 'vitest';
import { CHARTS } from './piflow.charts.js';

const rows = (names: readonly string[], values: unknown[][]): Rows => ({
  columns: names.map((name) => ({ name, type: 'string' })),
  rows: values,
});

describe("charts in the JSON of PiFlow's page", () => {
  const prices = rows(
    ['year', 'unit_price_SUM', 'n_COUNT'],
    [
      [2020, 1.5, '2'],
      [2021, null, '3'],
    ],
  );

  it.each([
    ['LINECHART', 'line'],
    ['HISTOGRAM', 'bar'],
  ])('draws %s over the first column, and keeps underscores in names', (chart, type) => {
    expect(CHARTS[chart]?.(prices)).toEqual({
      xAxis: { type: 'year', data: ['2020', '2021'] },
      series: [
        { name: 'unit_price', type, stack: 'SUM', data: ['1.5', ''] },
        { name: 'n', type, stack: 'COUNT', data: ['2', '3'] },
      ],
      legent: ['unit_price', 'n'],
    });
  });

  it('gathers points by the legend', () => {
    const points = rows(
      ['kind', 'x', 'y'],
      [
        ['a', 1, 2],
        ['b', 3, 4],
        ['a', 5, 6],
      ],
    );
    expect(CHARTS['SCATTERPLOT']?.(points)).toEqual({
      legend: ['a', 'b'],
      schema: [
        { name: 'x', index: 0, text: 'x' },
        { name: 'y', index: 1, text: 'y' },
      ],
      series: [
        {
          name: 'a',
          type: 'scatter',
          data: [
            ['1', '2'],
            ['5', '6'],
          ],
        },
        { name: 'b', type: 'scatter', data: [['3', '4']] },
      ],
    });
  });

  it('shows shares and tables', () => {
    const shares = rows(['kind', 'n'], [['a', 1]]);
    expect(CHARTS['PIECHART']?.(shares)).toEqual({ legend: ['a'], series: [{ name: 'a', value: 1 }] });
    expect(CHARTS['TABLE']?.(shares)).toEqual({ schema: ['kind', 'n'], data: [{ kind: 'a', n: 1 }] });
  });
});
