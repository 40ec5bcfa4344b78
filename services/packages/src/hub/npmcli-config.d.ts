/** The parts of npm's configuration that are used here; the package brings no types of its own. */
declare module '@npmcli/config' {
  export default class Config {
    constructor(options: {
      env: NodeJS.ProcessEnv;
      argv: readonly string[];
      cwd: string;
      npmPath: string;
      definitions: unknown;
      flatten: unknown;
      shorthands: unknown;
      warn: boolean;
    });
    load(): Promise<void>;
    /** Whether neither a file nor a variable says anything of a setting. */
    isDefault(key: string): boolean;
    get(key: string): unknown;
    /** The configuration as npm's libraries take it. */
    readonly flat: object;
  }
}
declare module '@npmcli/config/lib/definitions/index.js' {
  /** Which settings npm has, and what they mean for its libraries. */
  const settings: { readonly definitions: unknown; readonly flatten: unknown; readonly shorthands: unknown };
  export default settings;
}
