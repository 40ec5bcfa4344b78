import {
  columnNamed,
  columnText,
  defineStop,
  property,
  quoteName,
  single,
  SluiceError,
  type Dataset,
  type Value,
} from '@sluice/plugin-sdk';
import { readEntry } from './entries.js';
import { connection, keyFile, targetOf, timing } from './properties.js';
import { openStore, type Store } from './store.js';

export const complementByMemcache = defineStop({
  name: 'cn.piflow.bundle.memcached.ComplementByMemcache',
  title: { en: 'Complement by memcached', zh: '用 memcached 补全' },
  description: {
    en: "Replaces columns by the fields of the JSON object of each row's key; a field that is no column yet becomes one. Unlike PiFlow, a key or field that is not there leaves the row as it is, columns keep their order and, if they are not replaced, their types, values may hold commas, and rows stream.",
    zh: '用每一行的键所对应的 JSON 对象的字段替换相应的列；还不是列的字段会成为新列。与 PiFlow 不同：缺失的键或字段保持原值；列保持顺序，未替换的列保持类型；值中可以有逗号；以流方式处理。',
  },
  groups: ['Memcached'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    keyFile,
    replaceField: property.list({
      title: { en: 'replaceField', zh: '替换的字段' },
      description: {
        en: 'The fields whose values replace those of the columns of the same names; these become strings.',
        zh: '用其值替换同名列的字段；这些列变为字符串。',
      },
      required: true,
      example: ['name'],
    }),
    ...timing,
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, inputs, engine, signal }) {
    const input = inputs.get();
    const key = columnNamed(input.columns, properties.keyFile, 'keyFile');
    if (properties.replaceField.length === 0) {
      throw new SluiceError('PROPERTY_INVALID', "property 'replaceField' names no field");
    }
    const open = (): Promise<Store> =>
      openStore(targetOf(properties), { timeoutMs: properties.socketConnectTO, signal });
    (await open()).close();
    const names = input.columns.map(({ name }) => name);
    const placeOf = (field: string): number => names.findIndex((name) => name.toLowerCase() === field.toLowerCase());
    const added = properties.replaceField.filter((field) => placeOf(field) < 0);
    const fields = properties.replaceField.map((field) => ({
      field,
      at: placeOf(field) < 0 ? names.length + added.indexOf(field) : placeOf(field),
    }));
    const isReplaced = (at: number): boolean => fields.some((each) => each.at === at);
    const columns = [
      ...input.columns.map(({ name, type }, at) => ({ name, type: isReplaced(at) ? 'string' : type })),
      ...added.map((name) => ({ name, type: 'string' })),
    ];
    // The key as text goes along as a last column.
    const items = input.columns.map((column, at) => (isReplaced(at) ? columnText(column) : quoteName(column.name)));
    const keyText = columnText(key, 'sluice_key');
    const rows = await engine.sql(`SELECT ${[...items, keyText].join(', ')} FROM input`, { input });
    return engine.fromRows(columns, complemented(rows, fields, added.length, open));
  },
});

interface Replacement {
  readonly field: string;
  /** The place of its column. */
  readonly at: number;
}

async function* complemented(
  rows: Dataset,
  fields: readonly Replacement[],
  added: number,
  open: () => Promise<Store>,
): AsyncGenerator<readonly Value[]> {
  const store = await open();
  const complement = async (values: readonly Value[]): Promise<readonly Value[]> => {
    const key = values.at(-1) as string | null;
    const row: Value[] = [...values.slice(0, -1), ...Array.from({ length: added }, () => null)];
    const entry = key === null ? undefined : await readEntry(store, key);
    for (const { field, at } of fields) row[at] = entry?.get(field) ?? row[at] ?? null;
    return row;
  };
  try {
    for await (const { length, columns } of rows.batches()) {
      const batch = Array.from({ length }, (_, r) => columns.map((column) => column[r] ?? null));
      yield* await Promise.all(batch.map(complement));
    }
  } finally {
    store.close();
  }
}
