import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './root.js';

/** The first line that the sample flow of orders writes: the country with the largest total among orders above 200. */
export async function largestOrders(): Promise<string> {
  const [, ...rows] = (await readFile(join(ROOT, 'docs/flows/data/orders.csv'), 'utf8')).trimEnd().split('\n');
  const totals = new Map<string, { orders: number; cents: number; latest: string }>();
  for (const row of rows) {
    const [, , country = '', , quantity, price, day = ''] = row.split(',');
    const cents = Math.round(Number(quantity) * Number(price) * 100);
    if (cents <= 20_000) continue;
    const sum = totals.get(country) ?? { orders: 0, cents: 0, latest: '' };
    const latest = day > sum.latest ? day : sum.latest;
    totals.set(country, { orders: sum.orders + 1, cents: sum.cents + cents, latest });
  }
  const [first] = [...totals].sort(([, a], [, b]) => b.cents - a.cents);
  if (first === undefined) throw new Error('no order is large enough');
  const [country, { orders, cents, latest }] = first;
  return `${country},${orders},${(cents / 100).toFixed(2)},${latest}`;
}
