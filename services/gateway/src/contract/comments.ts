import type { AnyDesc, DescFile, FileRegistry } from '@bufbuild/protobuf';

/** Numbers of fields in descriptor.proto, of which the paths of source locations consist. */
const FILE = { message: 4, enum: 5, service: 6 } as const;
const MESSAGE = { field: 2, nested: 3, enum: 4 } as const;
const ENUM_VALUE = 2;
const METHOD = 2;

/** The sentences that stand above the parts of the .proto files. */
export class Comments {
  readonly #texts = new Map<AnyDesc, string>();

  constructor(registry: FileRegistry) {
    for (const file of registry.files) this.#addFile(file);
  }

  /** The comment above a part, without line breaks; empty when there is none. */
  of(desc: AnyDesc): string {
    return this.#texts.get(desc) ?? '';
  }

  #addFile(file: DescFile): void {
    const texts = new Map<string, string>();
    for (const { path, leadingComments } of file.proto.sourceCodeInfo?.location ?? []) {
      const text = leadingComments.split('\n').map((line) => line.trim());
      if (leadingComments !== '') texts.set(path.join('.'), text.join(' ').trim());
    }
    const add = (desc: AnyDesc, path: readonly number[]): void => {
      const text = texts.get(path.join('.'));
      if (text !== undefined) this.#texts.set(desc, text);
      for (const [child, step] of childrenOf(desc)) add(child, [...path, ...step]);
    };
    add(file, []);
  }
}

function childrenOf(desc: AnyDesc): (readonly [AnyDesc, readonly number[]])[] {
  const numbered = (children: readonly AnyDesc[], field: number): (readonly [AnyDesc, readonly number[]])[] =>
    children.map((child, index) => [child, [field, index]]);
  switch (desc.kind) {
    case 'file':
      return [
        ...numbered(desc.messages, FILE.message),
        ...numbered(desc.enums, FILE.enum),
        ...numbered(desc.services, FILE.service),
      ];
    case 'message':
      return [
        ...numbered(desc.fields, MESSAGE.field),
        ...numbered(desc.nestedEnums, MESSAGE.enum),
        // Entries of maps are nested messages too, which the registry leaves out: the number comes from the file.
        ...desc.nestedMessages.map(
          (child) => [child, [MESSAGE.nested, desc.proto.nestedType.indexOf(child.proto)]] as const,
        ),
      ];
    case 'enum':
      return numbered(desc.values, ENUM_VALUE);
    case 'service':
      return numbered(desc.methods, METHOD);
    default:
      return [];
  }
}
