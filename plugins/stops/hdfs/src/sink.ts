import type { Readable, Transform } from 'node:stream';

/** Takes the files of one archive. */
export interface Sink {
  /**
   * Writes a file, after its content went through `check`.
   *
   * @throws FILE_FORBIDDEN for a name that leads out of the folder
   */
  file(name: string, content: Readable, check?: Transform): Promise<void>;
  folder(name: string): Promise<void>;
  /** Says that an entry is left out. */
  skip(name: string, why: string): void;
}
