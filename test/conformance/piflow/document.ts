/** A row of the stop table in docs/compatibility/piflow.md. */
export interface DocumentedStop {
  readonly bundle: string;
  /** Whether the document says that flows can use it. */
  readonly mounted: boolean;
}

/** The rows of the stop table: `| group | name behind cn.piflow.bundle. | same, better or not yet | remark |`. */
export function stopsOfDocument(document: string): DocumentedStop[] {
  const rows = document.matchAll(/^\| *[^|]* *\| *`([\w.]+)` *\| *(same|better|not yet) *\|/gm);
  return [...rows].map(([, name = '', word]) => ({ bundle: `cn.piflow.bundle.${name}`, mounted: word !== 'not yet' }));
}
