import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import dgram from 'node:dgram';
import net from 'node:net';
import { constants } from 'node:os';
import { SluiceError } from '@sluice/plugin-sdk';

/** A function of Node's own that is put in the place of another. */
type Native = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Lets the code of this process reach some hosts alone, for good: every socket is asked, below all that JavaScript can
 * reach. Native code and other processes are not bound.
 *
 * @param hosts such as `api.example.org:443`; without a port, any port of the host
 * @param tell hears what was refused: the socket itself only has the error EACCES
 */
export function guardNetwork(hosts: readonly string[], tell: (what: string) => void): void {
  const granted = hosts.map((host) => {
    const [, name = host, port = ''] = /^(.*?)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
    return { name, port };
  });
  /** Addresses that granted names have been found to stand for. */
  const known = new Set(granted.map(({ name, port }) => `${name}:${port}`));
  const refuse = (what: string): SluiceError => {
    const message = `${what} may not be reached; the plugins of this run were granted ${hosts.join(', ')}`;
    tell(message);
    return new SluiceError('PLUGIN_NOT_GRANTED', message);
  };
  /** What the functions below sockets give for an error. */
  const refused = (what: string): number => {
    refuse(what);
    return -constants.errno.EACCES;
  };
  const learn = (name: string, addresses: readonly string[]): void => {
    const ports = granted.filter((each) => each.name === name.toLowerCase()).map(({ port }) => port);
    for (const address of addresses) for (const port of ports) known.add(`${address}:${port}`);
  };
  const checkName = (name: string): void => {
    if (net.isIP(name) === 0 && !granted.some((each) => each.name === name.toLowerCase()))
      throw refuse(`the host '${name}'`);
  };
  const isKnown = (address: string, port: unknown): boolean =>
    known.has(`${address}:${String(port)}`) || known.has(`${address}:`);

  guardLookups(checkName, learn, refused);
  // The handles of sockets: what they do is the only way to the network, and their methods are on their prototypes.
  const prototypes = handlePrototypes();
  for (const method of ['connect', 'connect6']) {
    replace(
      prototypes.tcp,
      method,
      (original) =>
        function (...args) {
          const [, address, port] = args.map(String);
          return isKnown(address ?? '', port) ? original.apply(this, args) : refused(`${address}:${port}`);
        },
    );
    replace(
      prototypes.udp,
      method,
      (original) =>
        function (...args) {
          const [address, port] = args.map(String);
          return isKnown(address ?? '', port) ? original.apply(this, args) : refused(`${address}:${port}`);
        },
    );
  }
  for (const method of ['send', 'send6']) {
    replace(
      prototypes.udp,
      method,
      (original) =>
        function (...args) {
          // With an address: request, list, count, port, address, callback. Without one it is connected, and was asked then.
          const [address, port] = [String(args[4]), String(args[3])];
          const isFine = args.length <= 4 || isKnown(address, port);
          return isFine ? original.apply(this, args) : refused(`${address}:${port}`);
        },
    );
  }
  replace(prototypes.pipe, 'connect', () => () => refused('a socket of this machine'));
}

/** Lookups of granted names are learnt from; others are refused. */
function guardLookups(
  checkName: (name: string) => void,
  learn: (name: string, addresses: readonly string[]) => void,
  refused: (what: string) => number,
): void {
  const plain = dns.lookup.bind(dns) as unknown as (...args: unknown[]) => unknown;
  const learnFrom = (name: string, found: unknown): void => {
    const all = Array.isArray(found) ? found : [found];
    learn(
      name,
      all.map((each) =>
        typeof each === 'string' ? each : String((each as { address?: unknown } | undefined)?.address),
      ),
    );
  };
  const lookup = (name: string, ...rest: unknown[]): unknown => {
    const callback = rest.at(-1) as (error: Error | null, found?: unknown, family?: number) => void;
    try {
      checkName(name);
    } catch (error) {
      return void process.nextTick(callback, error);
    }
    return plain(name, ...rest.slice(0, -1), (error: Error | null, found: unknown, family: number) => {
      if (error === null) learnFrom(name, found);
      callback(error, found, family);
    });
  };
  const promised = dns.promises.lookup.bind(dns.promises);
  const lookupLater = async (name: string, options: dns.LookupOptions = {}): Promise<unknown> => {
    checkName(name);
    const found = await promised(name, options);
    learnFrom(name, found);
    return found;
  };
  fix(dns, 'lookup', lookup);
  fix(dns.promises, 'lookup', lookupLater);
  // Questions to name servers could carry anything anywhere.
  const resolver = Reflect.get(new dns.Resolver(), '_handle') as object | undefined;
  const prototype = resolver === undefined ? {} : (Object.getPrototypeOf(resolver) as object);
  for (const name of Object.getOwnPropertyNames(prototype).filter((each) =>
    /^(query|getHostByAddr|setServers)/.test(each),
  )) {
    replace(prototype, name, () => () => refused('a name server'));
  }
  syncBuiltinESMExports();
}

/** The prototypes of the handles behind sockets. */
function handlePrototypes(): { readonly tcp: object; readonly udp: object; readonly pipe: object } {
  const of = (handle: unknown): object => Object.getPrototypeOf(handle) as object;
  const socket = dgram.createSocket('udp4');
  try {
    const udp = Object.getOwnPropertySymbols(socket)
      .map((symbol) => Reflect.get(socket, symbol) as { readonly handle?: unknown } | undefined)
      .find((state) => state?.handle !== undefined);
    const { tcp, pipe } = streamHandles();
    return { tcp: of(tcp), udp: of(udp?.handle), pipe: of(pipe) };
  } finally {
    socket.close();
  }
}

/** A handle of each kind of stream; they are made without a network. */
function streamHandles(): { readonly tcp: unknown; readonly pipe: unknown } {
  const streams = [0, 1].map((kind) => {
    const socket = new net.Socket();
    socket.on('error', () => undefined);
    // An address that is refused before anything is sent makes the handle all the same.
    if (kind === 0) socket.connect({ host: '127.0.0.1', port: 1 });
    else socket.connect({ path: '/none/sluice' });
    const handle = Reflect.get(socket, '_handle') as unknown;
    socket.destroy();
    return handle;
  });
  return { tcp: streams[0], pipe: streams[1] };
}

function replace(prototype: object, name: string, make: (original: Native) => Native): void {
  const original = Reflect.get(prototype, name) as Native | undefined;
  if (typeof original === 'function') fix(prototype, name, make(original));
}

/** Sets a property that nobody can set again. */
function fix(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: false, configurable: false, enumerable: true });
}
