/** A type of Spark SQL taken apart as far as XML needs it. */
export type SparkType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'array'; readonly element: SparkType }
  | { readonly kind: 'map'; readonly value: SparkType }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: SparkType }[] };

/** Reads a column's type, such as array<struct<a:int,`b c`:string>>. */
export function readType(text: string): SparkType {
  const reader = new TypeReader(text);
  return reader.type();
}

class TypeReader {
  private at = 0;

  constructor(private readonly text: string) {}

  type(): SparkType {
    const word = /^[a-z_ ]+/i.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += word.length;
    switch (word.trim().toLowerCase()) {
      case 'array': {
        this.take('<');
        const element = this.type();
        this.take('>');
        return { kind: 'array', element };
      }
      case 'map': {
        this.take('<');
        this.type();
        this.take(',');
        const value = this.type();
        this.take('>');
        return { kind: 'map', value };
      }
      case 'struct':
        return this.struct();
      default: {
        const parameters = /^\([^)]*\)/.exec(this.text.slice(this.at))?.[0] ?? '';
        this.at += parameters.length;
        return { kind: 'scalar', name: word.trim().toLowerCase() };
      }
    }
  }

  private struct(): SparkType {
    const fields: { name: string; type: SparkType }[] = [];
    this.take('<');
    while (!this.accept('>')) {
      const name = this.name();
      this.take(':');
      fields.push({ name, type: this.type() });
      this.accept(',');
    }
    return { kind: 'struct', fields };
  }

  private name(): string {
    const rest = this.text.slice(this.at).trimStart();
    this.at = this.text.length - rest.length;
    const quoted = /^`((?:[^`]|``)*)`/.exec(rest);
    const name = quoted?.[0] ?? /^[^:]*/.exec(rest)?.[0] ?? '';
    this.at += name.length;
    return quoted === null ? name.trim() : (quoted[1] ?? '').replaceAll('``', '`');
  }

  private accept(mark: string): boolean {
    const rest = this.text.slice(this.at).trimStart();
    this.at = this.text.length - rest.length;
    if (!rest.startsWith(mark)) return false;
    this.at += mark.length;
    return true;
  }

  private take(mark: string): void {
    if (!this.accept(mark)) throw new Error(`the type '${this.text}' has no '${mark}' at ${this.at}`);
  }
}
