import { isIP } from 'node:net';

/** Throws unless a value is `host:port`. */
export function checkHostPort(value: string): void {
  if (!/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/.test(value)) throw new Error(`expected host:port, got '${value}'`);
}

/** Throws unless each of the addresses between commas begins with one of the schemes. */
export function checkUrl(schemes: readonly string[]): (value: string) => void {
  return (value) => {
    for (const one of value.split(',')) {
      if (!schemes.some((scheme) => one.trim().startsWith(`${scheme}://`))) {
        throw new Error(`expected an address that begins with ${schemes.map((s) => `${s}://`).join(' or ')}`);
      }
    }
  };
}

/** Throws unless each entry between commas is `public`, `*`, a host name, an address or a block of addresses. */
export function checkHosts(value: string): void {
  for (const entry of value.split(',').map((each) => each.trim())) {
    const [address = '', bits] = entry.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const isBlock = isIP(address) !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most));
    if (isBlock || /^(public|\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)$/.test(entry)) continue;
    throw new Error(
      `'${entry}' is neither public, *, a host name nor an address; write such as *.example.com or 10.1.0.0/16`,
    );
  }
}

/** Throws unless a value names a time zone of the IANA database. */
export function checkZone(value: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    throw new Error(`'${value}' is no time zone of the IANA database; write one such as Asia/Shanghai or UTC`);
  }
}
