/** What the platform and a process of Python say to each other, as JSON over the channel of a child process. */

/** The rows of an in port, as Parquet. */
export interface PythonInput {
  readonly port: string;
  readonly file: string;
}

/** The rows of an out port. */
export interface PythonOutput {
  readonly port: string;
  readonly file: string;
  /** Default `parquet`; the scripts of PiFlow write CSV with a header. */
  readonly format?: 'parquet' | 'csv';
}

/** One run of one stop. */
export interface PythonCall {
  /** The module with the stop, or the folder of PiFlow's scripts. */
  readonly entry: string;
  /** The stop type's present name. */
  readonly stop: string;
  /** The package's name, for the folder of scripts. */
  readonly component: string;
  /** The name of the stop in its flow. */
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly customized: Readonly<Record<string, string>>;
  readonly inputs: readonly PythonInput[];
  readonly outports: readonly string[];
  /** Local paths for the values of properties that are paths. */
  readonly paths: Readonly<Record<string, string>>;
  /** The values of datasources that properties name. */
  readonly datasources: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Folders by the root that they stand for. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly run: { readonly id: string; readonly flow: string };
  /** A folder of the stop; its working folder. */
  readonly scratch: string;
  /** Where it leaves its rows. */
  readonly output: string;
}

export type ToPython =
  | {
      readonly type: 'confine';
      readonly read: readonly string[];
      readonly write: readonly string[];
      readonly processes: boolean;
      readonly native: boolean;
      readonly hosts: readonly string[];
      readonly own: readonly string[];
      readonly path: readonly string[];
      /** Whether it is confined at all. */
      readonly files: boolean;
    }
  | { readonly type: 'inspect'; readonly entry: string; readonly name: string }
  | { readonly type: 'call'; readonly id: number; readonly call: PythonCall }
  | { readonly type: 'commit'; readonly id: number; readonly error?: string | undefined };

export type FromPython =
  | { readonly type: 'log'; readonly id: number; readonly level: 'INFO' | 'WARN'; readonly message: string }
  | { readonly type: 'commit'; readonly id: number }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly outputs?: readonly PythonOutput[];
      readonly error?: { readonly reason: 'STOP_FAILED' | 'OUT_OF_MEMORY'; readonly message: string };
    };
