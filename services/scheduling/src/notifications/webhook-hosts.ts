import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { SluiceError } from '@sluice/chassis';

/**
 * Addresses that are not the public internet's, by the registries of special addresses (RFC 6890 and what came after):
 * this machine, private networks, the neighbourhood, and what clouds serve their secrets from.
 */
const SPECIAL = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24',
  '192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
  '::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7',
  'fe80::/10 fec0::/10 ff00::/8',
].flatMap((line) => line.split(' '));

function blocks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const special = blocks(SPECIAL);

/** Whether an address is in a list; one of IPv4 that is written as IPv6 is what it stands for. */
function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Where webhooks may be posted to: the setting `scheduling.webhookHosts`. Names are looked up when a connection is made,
 * and the address that was checked is the one that is connected to: a name that changes its address meanwhile gains
 * nothing.
 */
export class WebhookHosts {
  readonly #isAny: boolean;
  readonly #isPublic: boolean;
  readonly #names: readonly string[];
  readonly #addresses: BlockList;

  /** @param setting `public`, `*`, names, `*.example.com`, addresses and blocks, separated by commas */
  constructor(setting: string) {
    const entries = setting
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== '');
    this.#isAny = entries.includes('*');
    this.#isPublic = entries.includes('public');
    const isAddress = (entry: string): boolean => isIP(entry.split('/')[0] ?? '') !== 0;
    this.#names = entries.filter((entry) => !isAddress(entry));
    this.#addresses = blocks(entries.filter(isAddress));
  }

  /**
   * Checks a host before anything is connected to.
   *
   * @throws REQUEST_INVALID for one that can never be posted to; names are only looked up later
   */
  check(url: string): void {
    const host = hostOf(url);
    if (isIP(host) === 0 ? !this.#mayBeLookedUp(host) : !this.#isAllowed(host, host)) {
      throw new SluiceError('REQUEST_INVALID', refusal(host, host));
    }
  }

  /** Finds the addresses of a host for a connection, those only that may be posted to. */
  get lookup(): LookupFunction {
    return (host, options, done) => {
      resolve(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
        if (error !== null) return done(error, '', 0);
        const allowed = found.filter(({ address }) => this.#isAllowed(host, address));
        const [first] = allowed;
        if (first === undefined) {
          const addresses = found.map(({ address }) => address).join(', ');
          return done(new SluiceError('NOTIFICATION_REFUSED', refusal(host, addresses)), '', 0);
        }
        if (options.all === true) done(null, allowed);
        else done(null, first.address, first.family);
      });
    };
  }

  #mayBeLookedUp(host: string): boolean {
    // An address may be allowed by which a name is found only when it is looked up.
    return this.#isAny || this.#isPublic || this.#isNamed(host) || this.#addresses.rules.length > 0;
  }

  #isAllowed(host: string, address: string): boolean {
    if (this.#isAny || this.#isNamed(host) || isIn(this.#addresses, address)) return true;
    return this.#isPublic && !isIn(special, address);
  }

  #isNamed(host: string): boolean {
    const name = host.toLowerCase().replace(/\.$/, '');
    return this.#names.some((entry) => entry === name || (entry.startsWith('*.') && name.endsWith(entry.slice(1))));
  }
}

/** The host of an address, an IPv6 one without its brackets. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

function refusal(host: string, addresses: string): string {
  const where = addresses === host ? `'${host}'` : `'${host}' (${addresses})`;
  return `webhooks may not be posted to ${where}; someone who runs the platform can add it to the setting scheduling.webhookHosts`;
}
