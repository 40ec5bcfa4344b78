import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packEntries, packFiles, packPlugin, sourceStop } from './plugin-archives.js';
import { packZip } from './zip-archives.js';

/** A package that does harm, and what must come of it. */
export interface Trick {
  /** What it does, in a few words. */
  readonly does: string;
  /** Where it is stopped. */
  readonly at: 'upload' | 'mount' | 'run';
  /** The verdict: reason and message of the refusal, or of the run's end; `taken` or `succeeded` when it does no harm. */
  readonly verdict: RegExp;
  readonly archive: () => Promise<Buffer>;
  readonly fileName?: string;
  readonly signature?: Buffer;
  /** What the run is given, in seconds and bytes. */
  readonly timeout?: number;
  readonly memoryBytes?: number;
  /** Whether it can be tried here; default yes. */
  readonly needs?: 'permissions' | 'network' | 'groups';
}

const GOOD = 'return give(engine, 1);';
const nameOf = (does: string): string => does.replace(/[^a-z]+/gi, '-').toLowerCase();
/** A name of its own for each trick, so that none is quarantined for another. */
export const stopOf = (does: string): string => `evil.${nameOf(does)}`;

/** Something that a package does while it is loaded. */
function loading(
  does: string,
  before: string,
  verdict: RegExp,
  more: Partial<Trick> & { sluice?: object } = {},
): Trick {
  const entry = sourceStop(stopOf(does), GOOD, '', before);
  const archive = (): Promise<Buffer> =>
    packPlugin(`@evil/${nameOf(does)}`, '1.0.0', entry, { sluice: more.sluice ?? {} });
  return { does, at: 'upload', verdict, archive, ...more };
}

/** Something that a stop does while it runs. */
function running(does: string, body: string, verdict: RegExp, more: Partial<Trick> & { sluice?: object } = {}): Trick {
  const archive = (): Promise<Buffer> =>
    packPlugin(`@evil/${nameOf(does)}`, '1.0.0', sourceStop(stopOf(does), body), { sluice: more.sluice ?? {} });
  return { does, at: 'run', verdict, archive, ...more };
}

/** An archive that breaks a rule before anything of it is loaded. */
function archived(does: string, rule: string, make: () => Promise<Buffer> | Buffer, fileName?: string): Trick {
  const verdict = new RegExp(`^PLUGIN_ARCHIVE_INVALID ${rule}:`);
  return { does, at: 'upload', verdict, archive: async () => make(), ...(fileName === undefined ? {} : { fileName }) };
}

const json = JSON.stringify({
  name: '@evil/a',
  version: '1.0.0',
  sluice: { kind: 'stops', sdk: '^1', entry: './i.js' },
});
const processes = { capabilities: { processes: true } };
/** The plugin's name and its stop, as the error of its run tells them. */
const blamed = (reason: string): RegExp =>
  new RegExp(`^${reason}: the plugin '@evil/[\\w-]+' 1\\.0\\.0 was at work \\(stop 'evil'\\): `);
const HOG = 'const all = []; for (;;)';

export const KIT: readonly Trick[] = [
  archived('is cut off', 'damaged', async () =>
    (await packFiles({ 'package.json': json, 'i.js': 'x'.repeat(9999) })).subarray(0, 90),
  ),
  archived('is corrupt', 'damaged', async () => {
    const bytes = await packFiles({
      'package.json': json,
      'i.js': createHash('sha512').update('x').digest('hex').repeat(99),
    });
    return Buffer.from(bytes.map((byte, i) => (i === 60 ? byte ^ 0xff : byte)));
  }),
  archived('is no archive', 'format', () => Buffer.from('a text, whatever its name')),
  archived('is a gzip of no tar', 'damaged', () => gzipSync('no tar'.repeat(200))),
  archived('is a jar in name only', 'damaged', () => Buffer.from('PK no jar'), 'evil-1.0.jar'),
  archived('is a gzip bomb', 'ratio', () =>
    packFiles({ 'package.json': json, 'zeros.bin': Buffer.alloc(64 * 2 ** 20) }),
  ),
  archived('is a zip bomb', 'ratio', () => packZip([{ name: 'zeros.bin', text: Buffer.alloc(64 * 2 ** 20) }])),
  archived('holds a link', 'link', () =>
    packEntries([[{ name: 'package/passwd', type: 'symlink', linkname: '/etc/passwd' }]]),
  ),
  archived('holds a hard link', 'link', () =>
    packEntries([[{ name: 'package/x', type: 'link', linkname: '/etc/passwd' }]]),
  ),
  archived('holds a device', 'device', () => packEntries([[{ name: 'package/tty', type: 'character-device' }]])),
  archived('leads out by its names', 'traversal', () => packEntries([[{ name: 'package/../../evil' }, 'x']])),
  archived('has an absolute name', 'absolute', () => packEntries([[{ name: '/etc/evil' }, 'x']])),
  archived('has names that differ by case', 'duplicate', () => packFiles({ 'a.js': 'x', 'A.js': 'y' })),
  archived('is a thousand folders deep', 'depth', () => packFiles({ [`${'d/'.repeat(1000)}x`]: 'x' })),
  {
    does: 'has a wrong signature',
    at: 'upload',
    verdict: /^PLUGIN_UNSIGNED: /,
    signature: Buffer.alloc(64, 7),
    archive: () => packPlugin('@evil/signed', '1.0.0', sourceStop('evil.signed', GOOD)),
  },
  loading('lies about its entry', '', /^PLUGIN_INVALID: .*is not a file/, { sluice: { entry: './none.js' } }),
  loading('has its entry elsewhere', '', /^PLUGIN_INVALID: .*lies outside the package/, {
    sluice: { entry: '../../x.js' },
  }),
  loading('lies about its kind', '', /^PLUGIN_INVALID: .*sluice.kind says engines/, { sluice: { kind: 'engines' } }),
  loading('wants another SDK', '', /^PLUGIN_SDK_UNSUPPORTED: .*needs SDK \^9/, { sluice: { sdk: '^9' } }),
  loading('throws when it is loaded', "throw new Error('no licence');", /^PLUGIN_FAILED: .*no licence/),
  loading('hangs when it is loaded', 'for (;;);', /^PLUGIN_FAILED: .*did not end within/),
  loading('exits when it is loaded', 'process.exit(3);', /^PLUGIN_FAILED: .*exit code 3/),
  loading('kills itself when it is loaded', "process.kill(process.pid, 'SIGKILL');", /^PLUGIN_FAILED: .*SIGKILL/),
  loading(
    'allocates for ever when it is loaded',
    `${HOG} all.push(Buffer.alloc(2 ** 24, 1));`,
    /^PLUGIN_FAILED: .*out of memory/,
  ),
  loading(
    'floods its output when it is loaded',
    "const write = () => process.stdout.write('x'.repeat(1e5), write); write(); await new Promise(() => {});",
    /^PLUGIN_FAILED: .*wrote more than/,
  ),
  loading(
    'starts processes when it is loaded',
    "(await import('node:child_process')).spawnSync('true');",
    /^PLUGIN_FAILED: .*restricted/,
    { needs: 'permissions' },
  ),
  loading(
    'starts threads when it is loaded',
    "new (await import('node:worker_threads')).Worker('', { eval: true });",
    /^PLUGIN_FAILED: .*restricted/,
    { needs: 'permissions' },
  ),
  loading(
    'reads files when it is loaded',
    "(await import('node:fs')).readFileSync('/etc/passwd');",
    /^PLUGIN_FAILED: .*restricted/,
    { needs: 'permissions' },
  ),
  loading(
    'writes files when it is loaded',
    "(await import('node:fs')).writeFileSync('/tmp/evil', 'x');",
    /^PLUGIN_FAILED: .*restricted/,
    { needs: 'permissions' },
  ),
  loading(
    'dials when it is loaded',
    "await new Promise((done, fail) => import('node:net').then((net) => net.connect(80, '127.0.0.1', done).on('error', fail)));",
    /^PLUGIN_FAILED: .*(ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL)/,
    { needs: 'network' },
  ),
  loading(
    'changes globals when it is loaded',
    'Object.prototype.polluted = 1; globalThis.fetch = undefined;',
    /^taken$/,
  ),
  {
    does: 'shadows a stop that comes with Sluice',
    at: 'mount',
    verdict: /^PLUGIN_CONFLICT: .*claims stop 'sluice\.csv\.read'/,
    archive: () => packPlugin('@evil/shadow', '1.0.0', sourceStop('sluice.csv.read', GOOD)),
  },
  {
    does: 'asks for everything',
    at: 'mount',
    verdict: /^PLUGIN_NOT_GRANTED: .*starting processes, native code/,
    archive: () =>
      packPlugin('@evil/greedy', '1.0.0', sourceStop('evil.greedy', GOOD), {
        sluice: { capabilities: { network: ['*'], read: ['/'], write: ['/'], processes: true, native: true } },
      }),
  },
  running('throws', "throw new Error('not today');", /^STOP_FAILED: not today/),
  running(
    'throws later',
    "setTimeout(() => { throw new Error('too late'); }, 50); await new Promise(() => {});",
    /too late/,
  ),
  running(
    'leaves a promise rejected',
    "Promise.reject(new Error('nobody cares')); await new Promise(() => {});",
    /nobody cares/,
  ),
  running('exits', 'process.exit(7);', blamed('RUNNER_DIED')),
  running('kills itself', "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});", blamed('RUNNER_DIED')),
  running('aborts', 'process.abort();', blamed('RUNNER_DIED')),
  running('hangs in a loop', 'for (;;);', blamed('RUN_TIMEOUT'), { timeout: 2 }),
  running('waits for ever', 'await new Promise(() => setInterval(() => {}, 1000));', blamed('RUN_TIMEOUT'), {
    timeout: 2,
  }),
  running('fills the heap', `${HOG} all.push(new Array(1e5).fill({}));`, blamed('OUT_OF_MEMORY'), {
    memoryBytes: 2 ** 26,
  }),
  running(
    'fills memory beside the heap',
    `${HOG} { all.push(Buffer.alloc(2 ** 26, 1)); await new Promise(setImmediate); }`,
    blamed('OUT_OF_MEMORY'),
    { memoryBytes: 2 ** 26 },
  ),
  running(
    'fills memory in a child',
    `const { spawn } = await import('node:child_process');
     const child = spawn('python3', ['-c', 'a=[]\\nwhile True: a.append(bytearray(1<<26))'], { stdio: 'ignore' });
     const how = await new Promise((done) => child.once('exit', (code, signal) => done(signal ?? code)));
     throw new Error('the child ended by ' + how);`,
    blamed('OUT_OF_MEMORY'),
    { memoryBytes: 2 ** 26, sluice: processes, needs: 'groups' },
  ),
  running(
    'forks for ever',
    `const { spawn } = await import('node:child_process');
     for (;;) {
       const child = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
       const error = await new Promise((done) => { child.once('error', done); child.once('spawn', () => done()); });
       if (error) throw new Error('no more: ' + error.code);
     }`,
    /^STOP_FAILED: the plugin '[^']+' 1\.0\.0 was at work .*as many processes and threads as a run may: .*no more: EAGAIN/,
    { timeout: 60, sluice: processes, needs: 'groups' },
  ),
  running(
    'floods its output',
    "for (let i = 0; i < 200; i++) { process.stdout.write('x'.repeat(1e5)); await new Promise(setImmediate); } return give(engine, 1);",
    /^succeeded$/,
  ),
  running(
    'leaves a server open',
    "(await import('node:net')).createServer().listen(0); return give(engine, 1);",
    /^succeeded$/,
    { sluice: { capabilities: { network: ['127.0.0.1'] } } },
  ),
  running(
    'leaves a timer',
    'setInterval(() => { globalThis.leak = (globalThis.leak ?? []).concat(1); }, 1); return give(engine, 1);',
    /^succeeded$/,
  ),
  running(
    'changes globals',
    'Array.prototype.map = () => []; Object.prototype.evil = 1; globalThis.evil = 1; return give(engine, 1);',
    /./,
  ),
  running(
    'reads secrets of the platform',
    "(await import('node:fs')).readFileSync('/proc/' + process.ppid + '/environ');",
    /restricted/,
    { needs: 'permissions' },
  ),
  running('reads the system', "(await import('node:fs')).readFileSync('/etc/passwd');", /restricted/, {
    needs: 'permissions',
  }),
  running(
    'changes its own package',
    "(await import('node:fs')).writeFileSync(new URL('x', import.meta.url), 'x');",
    /restricted/,
    { needs: 'permissions' },
  ),
  running('starts a process', "(await import('node:child_process')).execSync('true');", /restricted/, {
    needs: 'permissions',
  }),
  running('starts a thread', "new (await import('node:worker_threads')).Worker('', { eval: true });", /restricted/, {
    needs: 'permissions',
  }),
  running('loads native code', "process.dlopen({ exports: {} }, '/none.node');", /native code may not be loaded/),
  running(
    'dials',
    "await new Promise((done, fail) => import('node:net').then((net) => net.connect(80, '127.0.0.1', done).on('error', fail)));",
    /ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL/,
    { needs: 'network' },
  ),
];
