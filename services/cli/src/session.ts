import type { Connection } from '@sluice/chassis';
import type { Style } from './terminal/style.js';
import type { Language, Texts } from './texts/texts.js';

/** What every command is given: where to write, in which language, and the way to the platform. */
export interface Session {
  readonly texts: Texts;
  readonly language: Language;
  /** Whether results are JSON for machines. */
  readonly json: boolean;
  /** Whether only results are written: no progress, no hints. */
  readonly quiet: boolean;
  /** The style of standard output, and of standard error. */
  readonly style: Style;
  readonly errorStyle: Style;
  /** Whether a person sits in front of standard output. */
  readonly terminal: boolean;
  /** The columns of the terminal. */
  readonly width: number;
  /** The platform as the user named it, for messages. */
  readonly url: string | undefined;
  /** Writes lines to standard output: results. */
  out(...lines: readonly string[]): void;
  /** Writes lines to standard error: hints and errors. */
  err(...lines: readonly string[]): void;
  /** Writes one JSON value as one line. */
  outJson(value: unknown): void;
  /** The platform; with `local`, one of its own in this process, which ends with the command. */
  connect(local?: boolean): Promise<Connection>;
  /** Closes what was connected. */
  close(): Promise<void>;
  /** Ends the process with this code once the command is done; the last one said is used. */
  exitWith(code: number): void;
}
