import { SluiceError, isSluiceError, type Reason } from '@sluice/plugin-sdk';

/** How DuckDB begins the message of each kind of error, and what that is for a user. */
const KINDS: readonly (readonly [pattern: RegExp, reason: Reason])[] = [
  [/^INTERRUPT Error|^Interrupt/i, 'RUN_CANCELLED'],
  [/^Out of Memory Error[^]*(?:max_temp_directory_size|No space)/i, 'DISK_FULL'],
  [/^Out of Memory Error|failed to allocate|bad_alloc/i, 'OUT_OF_MEMORY'],
  [/No space left on device|ENOSPC/i, 'DISK_FULL'],
  [/^Permission Error|operations are disabled by configuration/i, 'FILE_FORBIDDEN'],
  [/^IO Error: No files found that match|No such file or directory/i, 'FILE_NOT_FOUND'],
  [/Invalid unicode|not utf-8 encoded|invalid UTF-8|byte sequence mismatch/i, 'ENCODING_INVALID'],
  [
    /Malformed JSON|No magic bytes|not a (?:valid )?parquet file|Parquet file|Invalid Parquet|snappy|thrift/i,
    'FILE_FORMAT',
  ],
  [/^Invalid Input Error: CSV Error|^Conversion Error: CSV Error|CSV Error on Line/i, 'DATA_INVALID'],
  // What zlib says of an archive that is cut off or is none.
  [
    /unexpected end of file|incorrect header check|invalid (?:block|distance|stored|code)|Cannot call write after a stream/i,
    'FILE_FORMAT',
  ],
  [/Maximum call stack size exceeded/, 'FILE_FORMAT'],
  [/^IO Error/i, 'FILE_UNREADABLE'],
  [/^(?:Conversion|Out of Range|Invalid Input|Constraint) Error/i, 'DATA_INVALID'],
  [/^(?:Binder|Catalog|Parser|Not implemented|Syntax) Error/i, 'SQL_ANALYSIS'],
];

/** What is said in place of DuckDB's words, which speak of settings that nobody here can change. */
const SAID: Partial<Record<Reason, string>> = {
  RUN_CANCELLED: '',
  OUT_OF_MEMORY: 'the memory limit is reached',
  DISK_FULL: 'the disk is full',
};

/** What a user can do about it, where that is not in the message. */
const REMEDIES: Partial<Record<Reason, string>> = {
  FILE_FORMAT: 'see that the file is whole and of the format that the stop reads',
  RUN_CANCELLED: 'the run was cancelled',
  OUT_OF_MEMORY: 'raise the memory limit of runs, or let the flow hold fewer rows at once',
  DISK_FULL: 'free space on the disk that holds the data or the scratch folder',
  ENCODING_INVALID: 'set the encoding of the file, such as GBK or ISO-8859-1',
};

/**
 * DuckDB's error as one of Sluice: its reason, and its message without the parts that speak of SQL nobody wrote.
 *
 * @param doing what was going on, such as `writing '/data/out'`; put before the message
 */
export function mapError(error: unknown, doing = ''): SluiceError {
  if (isSluiceError(error)) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const raised = /\[([A-Z_]+(?:\.[A-Z_]+)*)\] ([^]*)/.exec(raw);
  if (raised?.[1] !== undefined) {
    // An error that Spark raises too, by the name of its class.
    const message = [doing, plain(raised[2] ?? '')].filter((part) => part !== '').join(': ');
    return new SluiceError('DATA_INVALID', message, { cause: error, details: { class: raised[1] } });
  }
  const reason = KINDS.find(([pattern]) => pattern.test(raw))?.[1] ?? 'INTERNAL';
  const remedy = REMEDIES[reason];
  const said = SAID[reason] ?? plain(raw);
  const message = [doing, said, remedy].filter((part) => part !== undefined && part !== '').join(': ');
  return new SluiceError(reason, message, { cause: error, details: places(raw) });
}

/** The first thing that DuckDB says, without its kind, the SQL around it and the advice for DuckDB's own options. */
function plain(raw: string): string {
  return raw
    .replace(/^(?:[A-Z][A-Za-z ]*) Error: /, '')
    .split(/\n\s*\n|\nLINE \d+:|\nPossible (?:fixes|solutions?)|\nThis type was auto-detected|\n {2}file = /i)[0]!
    .replace(/\s*\n\s*/g, '; ')
    .replace(/\bINT64\b/g, 'bigint')
    .replace(/\bINT32\b/g, 'int')
    .replace(/\bVARCHAR\b/g, 'string')
    .trim();
}

/** The file and line that a message names, for programs. */
function places(raw: string): Record<string, string> {
  const details: Record<string, string> = {};
  const file = /\n\s*file = (.+)|in file "([^"]+)"|file '([^']+)'/.exec(raw);
  const path = file?.[1] ?? file?.[2] ?? file?.[3];
  if (path !== undefined) details['file'] = path.trim();
  const line = /on Line: (\d+)/i.exec(raw);
  if (line?.[1] !== undefined) details['line'] = line[1];
  return details;
}

/** Whether an error says that a CSV or JSON file is not as strict reading wants it. */
export function isReadFault(error: unknown): boolean {
  return (
    error instanceof Error &&
    /CSV Error|null_padding|Maximum line size|line size of|Malformed JSON|JSON transform error/i.test(error.message)
  );
}
