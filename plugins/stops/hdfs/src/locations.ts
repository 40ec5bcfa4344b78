/** A location from the address of a file system and a path in it: one slash between them, whichever of them has it. */
export function joinLocation(url: string, path: string): string {
  const [base, rest] = [url.trim().replace(/\/+$/, ''), path.trim()];
  if (base === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(rest)) return rest;
  return `${base}/${rest.replace(/^\/+/, '')}`;
}

/** The location of something below a folder. */
export function below(location: string, relative: string): string {
  return `${location.replace(/\/+$/, '')}/${relative}`;
}

/** The last name of a location; empty for a whole file system. */
export function lastName(location: string): string {
  const path = location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/\/+$/, '');
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The location of the folder around a place. */
export function around(location: string): string {
  const bare = location.replace(/\/+$/, '');
  return bare.slice(0, bare.length - lastName(bare).length) || '/';
}
