/** A message that another program published on NATS. */
export interface ForeignMessage {
  /** What was listened to, with its wildcards. */
  readonly pattern: string;
  readonly subject: string;
  /**
   * What tells it from others: the header `Nats-Msg-Id`, or its place in the stream that keeps it. Empty where it has
   * neither.
   */
  readonly id: string;
  readonly data: Uint8Array;
}

export interface ForeignOptions {
  /** Processes of the same group share the messages among them: each goes to one of them. */
  readonly group: string;
  /** Handles one message; those of one subject come in order. If it throws, the message comes again. */
  handle(message: ForeignMessage): Promise<void>;
  /** Told of a message that was dropped unread because too many waited. */
  overflow(pattern: string): void;
}

/** Listens on NATS to subjects that are not the platform's. */
export interface ForeignSubjects {
  /**
   * Listens to these subjects and no others from now on; `*` stands for one word, a last `>` for one or more. It
   * resolves though NATS is away: call it again from time to time with the same subjects.
   */
  listen(patterns: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
