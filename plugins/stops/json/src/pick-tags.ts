import { didYouMean, quoteName, SluiceError, type Column, type Dataset, type Engine } from '@sluice/plugin-sdk';

/** What a tag means: a column, a path into a struct, or a path into the objects of an array that is opened. */
interface Tag {
  readonly name: string;
  readonly column: string;
  readonly field: string | undefined;
  readonly opens: boolean;
}

/**
 * The fields that tags name. `array_field` opens the array: a row for each of its objects, none where it has none.
 *
 * @throws COLUMN_UNKNOWN with the nearest names; PROPERTY_INVALID where two arrays would be opened
 */
export function pickTags(engine: Engine, dataset: Dataset, tags: readonly string[]): Promise<Dataset> {
  const found = tags.map((tag) => readTag(dataset.columns, tag));
  const opened = [...new Set(found.filter((tag) => tag.opens).map((tag) => tag.column))];
  if (opened.length > 1) {
    const message = `property 'tag' opens the arrays ${opened.join(' and ')}; open one, and the other in a stop behind`;
    throw new SluiceError('PROPERTY_INVALID', message);
  }
  const items = found.map(({ name, column, field, opens }) => {
    const path = [
      opens ? 'opened.item' : quoteName(column),
      ...(field === undefined ? [] : field.split('.').map(quoteName)),
    ];
    return `${path.join('.')} AS ${quoteName(name)}`;
  });
  const view = opened.map((column) => ` LATERAL VIEW explode(${quoteName(column)}) opened AS item`).join('');
  return engine.sql(`SELECT ${items.join(', ')} FROM input${view}`, { input: dataset });
}

function readTag(columns: readonly Column[], tag: string): Tag {
  const exact = columns.find((column) => column.name === tag);
  if (exact !== undefined) return { name: tag, column: tag, field: undefined, opens: false };
  for (const { index } of tag.matchAll(/[_.]/g)) {
    const column = columns.find(({ name }) => name === tag.slice(0, index));
    if (column === undefined) continue;
    return { name: tag, column: column.name, field: tag.slice(index + 1), opens: column.type.startsWith('array<') };
  }
  const names = columns.map((column) => column.name);
  const message = `property 'tag': there is no field '${tag}'${didYouMean(tag, names) || `; there are ${names.join(', ')}`}`;
  const problems = [{ reason: 'COLUMN_UNKNOWN' as const, message, property: 'tag' }];
  throw new SluiceError('COLUMN_UNKNOWN', message, { details: { column: tag }, problems });
}
