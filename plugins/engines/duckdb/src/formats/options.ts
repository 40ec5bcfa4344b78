import { SluiceError, didYouMean, nearest, type FormatOptions } from '@sluice/plugin-sdk';

/**
 * The options of one read or write, taken one by one: each by its name in any case or by another name it has in Spark.
 * What nobody took is refused at the end, so that a slip of the pen is no silent default.
 */
export class OptionReader {
  private readonly left: Map<string, { name: string; value: unknown }>;
  private readonly known: string[] = [];

  constructor(
    options: FormatOptions | undefined,
    private readonly what: string,
  ) {
    this.left = new Map(
      Object.entries(options ?? {})
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => [name.toLowerCase(), { name, value }]),
    );
  }

  /** The value of an option by any of its names. */
  take(...names: readonly string[]): unknown {
    this.known.push(...names);
    let value: unknown;
    for (const name of names) {
      const found = this.left.get(name.toLowerCase());
      if (found === undefined) continue;
      value ??= found.value;
      this.left.delete(name.toLowerCase());
    }
    return value;
  }

  text(names: readonly string[]): string | undefined {
    const value = this.take(...names);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.refuse(names, value, 'a text');
  }

  boolean(names: readonly string[], fallback: boolean): boolean {
    const value = this.take(...names);
    if (value === undefined || value === '') return fallback;
    if (typeof value === 'boolean') return value;
    const word = String(value).trim().toLowerCase();
    if (word === 'true' || word === 'false') return word === 'true';
    return this.refuse(names, value, 'true or false');
  }

  number(names: readonly string[]): number | undefined {
    const value = this.take(...names);
    if (value === undefined || value === '') return undefined;
    const number = typeof value === 'number' ? value : Number(value);
    if (!Number.isFinite(number)) return this.refuse(names, value, 'a number');
    return number;
  }

  choice<const C extends readonly string[]>(names: readonly string[], choices: C, fallback: C[number]): C[number] {
    const value = this.take(...names);
    if (value === undefined || value === '') return fallback;
    const word = String(value).trim().toLowerCase();
    const found = choices.find((choice) => choice.toLowerCase() === word);
    return found ?? this.refuse(names, value, `one of ${choices.join(', ')}`);
  }

  list(names: readonly string[]): readonly string[] {
    const value = this.take(...names);
    if (value === undefined || value === '') return [];
    if (typeof value === 'string') return value.split(',').map((each) => each.trim());
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value as string[];
    return this.refuse(names, value, 'a list of texts');
  }

  /** Refuses what nobody took. */
  end(): void {
    const problems = [...this.left.values()].map(({ name }) => {
      const similar = nearest(name, this.known).length > 0 ? didYouMean(name, this.known) : '';
      const message = `${this.what} has no option '${name}'${similar}`;
      return { reason: 'PROPERTY_UNKNOWN' as const, message, property: name };
    });
    const [first] = problems;
    if (first !== undefined) throw new SluiceError('PROPERTY_UNKNOWN', first.message, { problems });
  }

  refuse(names: readonly string[], value: unknown, wanted: string): never {
    const name = names[0] ?? '';
    const message = `option '${name}' of ${this.what}: ${JSON.stringify(value)} is not ${wanted}`;
    throw new SluiceError('PROPERTY_INVALID', message, {
      problems: [{ reason: 'PROPERTY_INVALID', message, property: name }],
    });
  }
}
