import { connect, type Socket } from 'node:net';
import { connectionError, type ConnectOptions, type Place } from '@sluice/plugin-sdk';
import { refusal, socketError } from './failures.js';

/** Who asks; an empty user: the server asks for none. */
export interface Access {
  readonly user: string;
  readonly password: string;
}

/** A command that waits for its answer. */
interface Waiting {
  readonly doing: string;
  /** Whether values may come before the line that ends the answer. */
  readonly isGet: boolean;
  value: Buffer | undefined;
  resolve(answer: { readonly line: string; readonly value: Buffer | undefined }): void;
  reject(error: Error): void;
}

const LINE = Buffer.from('\r\n');

/**
 * One connection to one server, in memcached's text protocol (doc/protocol.txt of memcached 1.6). Commands that are sent
 * together travel together; they are answered in their order. Written here because the clients on npm lose requests when a
 * server closes the connection, or send a key to another server than the one it belongs to.
 */
export class Server {
  private readonly waiting: Waiting[] = [];
  private pieces: Buffer[] = [];
  /** Bytes that are there, and that are needed to go on. */
  private size = 0;
  private needed = 0;
  private block: { readonly length: number } | undefined;
  private failure: Error | undefined;

  private constructor(
    readonly place: Place,
    private readonly socket: Socket,
    private readonly answerMs: number,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('error', (error) => this.end(socketError(place, error)));
    socket.on('close', () => this.end(connectionError(place, 'connect', 'the server closed the connection')));
    socket.on('timeout', () => {
      if (this.waiting.length > 0) this.end(connectionError(place, 'connect', `no answer within ${answerMs} ms`));
    });
  }

  /**
   * Connects, and logs in where a user is given.
   *
   * @param answerMs how long the server may be silent while it owes an answer
   * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
   */
  static async open(place: Place, { user, password }: Access, options: ConnectOptions & { answerMs: number }) {
    const { timeoutMs, signal, answerMs } = options;
    signal.throwIfAborted();
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opening = connect({ host: place.host, port: place.port });
      const late = connectionError(place, 'connect', `no answer within ${timeoutMs} ms`);
      const timer = setTimeout(() => opening.destroy(late), timeoutMs);
      opening.once('connect', () => {
        clearTimeout(timer);
        opening.removeAllListeners('error');
        resolve(opening);
      });
      opening.once('error', (error) => {
        clearTimeout(timer);
        reject(socketError(place, error));
      });
    });
    const server = new Server(place, socket, Math.min(answerMs, timeoutMs));
    const close = (): void => server.close();
    signal.addEventListener('abort', close, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', close));
    try {
      if (user !== '') {
        const token = Buffer.from(`${user} ${password}`);
        await server.send(`set auth 0 0 ${token.length}`, token, 'logging in', ['STORED']);
      }
      // A server that asks for a login says so now.
      await server.version();
    } catch (error) {
      server.close();
      throw error;
    }
    socket.setTimeout(answerMs);
    return server;
  }

  /** The value of a key, or nothing. */
  async get(key: string): Promise<Buffer | undefined> {
    const { value } = await this.send(`get ${key}`, undefined, `reading the key '${key}'`, ['END'], true);
    return value;
  }

  /** Keeps a value; `expires` in seconds, 0: for ever. */
  async set(key: string, value: Buffer, expires: number): Promise<void> {
    // From 30 days on the server reads the number as a moment.
    const until = expires <= 2_592_000 ? expires : Math.floor(Date.now() / 1000) + expires;
    await this.send(`set ${key} 0 ${until} ${value.length}`, value, `writing the key '${key}'`, ['STORED']);
  }

  async version(): Promise<string> {
    const { line } = await this.send('version', undefined, 'asking for the version', ['VERSION']);
    return line.replace('VERSION ', '');
  }

  close(): void {
    this.end(connectionError(this.place, 'connect', 'the connection is closed'));
  }

  private async send(command: string, data: Buffer | undefined, doing: string, good: string[], isGet = false) {
    if (this.failure !== undefined) throw this.failure;
    const { line, value } = await new Promise<{ line: string; value: Buffer | undefined }>((resolve, reject) => {
      if (this.waiting.length === 0) this.socket.setTimeout(this.answerMs);
      this.waiting.push({ doing, isGet, value: undefined, resolve, reject });
      this.socket.write(
        data === undefined ? `${command}\r\n` : Buffer.concat([Buffer.from(command), LINE, data, LINE]),
      );
    });
    if (good.some((each) => line === each || line.startsWith(`${each} `))) return { line, value };
    throw refusal(this.place, line, doing);
  }

  private take(bytes: Buffer): void {
    this.pieces.push(bytes);
    this.size += bytes.length;
    if (this.size < this.needed) return;
    let rest: Buffer = this.pieces.length === 1 ? bytes : Buffer.concat(this.pieces);
    this.needed = 0;
    for (;;) {
      const taken = this.block === undefined ? this.takeLine(rest) : this.takeBlock(rest, this.block.length);
      if (taken === 0) break;
      rest = rest.subarray(taken);
    }
    [this.pieces, this.size] = [[rest], rest.length];
  }

  /** Takes one line; gives the number of bytes, 0 where it is not whole yet. */
  private takeLine(bytes: Buffer): number {
    const at = bytes.indexOf(LINE);
    if (at < 0) return 0;
    const line = bytes.toString('latin1', 0, at);
    const [first] = this.waiting;
    const value = /^VALUE \S+ \d+ (\d+)/.exec(line);
    if (first === undefined)
      this.end(connectionError(this.place, 'connect', `an answer that nobody waits for: ${line}`));
    else if (first.isGet && value !== null) this.block = { length: Number(value[1]) };
    else {
      this.waiting.shift();
      first.resolve({ line, value: first.value });
    }
    return at + LINE.length;
  }

  /** Takes the bytes of a value with the line end behind them. */
  private takeBlock(bytes: Buffer, length: number): number {
    const whole = length + LINE.length;
    if (bytes.length < whole) {
      this.needed = whole;
      return 0;
    }
    const [first] = this.waiting;
    if (first !== undefined) first.value = Buffer.from(bytes.subarray(0, length));
    this.block = undefined;
    return whole;
  }

  private end(error: Error): void {
    this.failure ??= error;
    this.socket.destroy();
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
