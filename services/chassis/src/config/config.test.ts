import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SluiceError } from '../errors.js';
import { describeConfig, maskSecret } from './describe.js';
import { loadConfig } from './load.js';
import { settingsTable } from './reference.js';
import { SETTINGS, environmentName } from './settings.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function failureOf(work: () => unknown): SluiceError {
  try {
    work();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error('it succeeded');
}

function writeFile(value: unknown, name = 'sluice.json'): string {
  const file = join(folder, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

describe('settings', () => {
  test('have defaults that follow the home folder', () => {
    const { config, file } = loadConfig({ environment: { SLUICE_HOME: folder } });
    expect(file).toBeUndefined();
    expect(config.home).toBe(folder);
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8002 });
    expect(config.grpc).toEqual({ host: '127.0.0.1', port: 8003 });
    expect(config.files.mounts).toEqual({ 'hdfs://*': join(folder, 'files') });
    expect(config.files.roots).toEqual([join(folder, 'files'), process.cwd()]);
    expect(config.execution.leaseMs).toBe(10_000);
    expect(loadConfig({ environment: {} }).config.home).toBe(join(homedir(), '.sluice'));
  });

  test('of the file go before defaults, those of the environment before the file, options before all', () => {
    writeFile({ http: { port: 9001, host: '0.0.0.0' }, 'execution.maxRuns': 7, log: { level: 'warn' } });
    const loaded = loadConfig({
      environment: { SLUICE_HOME: folder, SLUICE_HTTP_PORT: '9002', SLUICE_LOG_LEVEL: 'error' },
      overrides: { 'log.level': 'debug' },
    });
    expect(loaded.config.http).toEqual({ host: '0.0.0.0', port: 9002 });
    expect(loaded.config.execution.maxRuns).toBe(7);
    expect(loaded.config.log.level).toBe('debug');
    const sources = Object.fromEntries(describeConfig(loaded).map(({ key, source }) => [key, source]));
    expect(sources).toMatchObject({
      'http.host': 'file',
      'http.port': 'environment',
      'log.level': 'option',
      'grpc.port': 'default',
    });
  });

  test('read sizes, times, lists and mounts with their units', () => {
    writeFile({ files: { roots: ['data', '~/more'], mounts: { 'hdfs://c:9000': 'cluster' } } });
    const { config } = loadConfig({
      folder,
      environment: {
        SLUICE_HOME: folder,
        SLUICE_EXECUTION_MEMORY_BYTES: '1.5GiB',
        SLUICE_EXECUTION_LEASE_MS: '20s',
        SLUICE_PLUGINS_FOLDERS: ['a', '/b'].join(delimiter),
        SLUICE_HTTP_HOST: '',
      },
    });
    expect(config.execution.memoryBytes).toBe(1.5 * 2 ** 30);
    expect(config.execution.leaseMs).toBe(20_000);
    expect(config.plugins.folders).toEqual([join(folder, 'a'), '/b']);
    expect(config.files.roots).toEqual([join(folder, 'data'), join(homedir(), 'more')]);
    expect(config.files.mounts).toEqual({ 'hdfs://c:9000': join(folder, 'cluster') });
    expect(config.http.host).toBe('127.0.0.1');
    const other = loadConfig({
      folder,
      environment: { SLUICE_HOME: folder, SLUICE_FILES_MOUNTS: 'hdfs://*=h, file://=/data' },
    });
    expect(other.config.files.mounts).toEqual({ 'hdfs://*': join(folder, 'h'), 'file://': '/data' });
  });

  test('that are unknown are refused with the nearest name, all at once', () => {
    const file = writeFile({ http: { prot: 1 }, execution: { maxRun: 3 } });
    const error = failureOf(() =>
      loadConfig({ environment: { SLUICE_HOME: folder, SLUICE_HTTP_PROT: '1', SLUICE_GRPC_PORT: 'many' } }),
    );
    expect(error.reason).toBe('CONFIG_INVALID');
    expect(error.problems.map(({ message }) => message)).toEqual([
      `${file}: 'http.prot' is no setting; did you mean 'http.port'?`,
      `${file}: 'execution.maxRun' is no setting; did you mean 'execution.maxRuns'?`,
      'the environment variable SLUICE_HTTP_PROT is no setting; did you mean SLUICE_HTTP_PORT?',
      'SLUICE_GRPC_PORT: expected a whole number, got "many"',
    ]);
    for (const { message } of error.problems) expect(error.message).toContain(message);
  });

  test.each([
    [{ SLUICE_HTTP_PORT: '70000' }, 'expected a whole number, 0 to 65535, got "70000"'],
    [{ SLUICE_HTTP_PORT: '1.5' }, 'expected a whole number, 0 to 65535, got "1.5"'],
    [{ SLUICE_HTTP_PORT: '1ms' }, 'expected a whole number, got "1ms"'],
    [{ SLUICE_LOG_LEVEL: 'loud' }, 'expected one of trace, debug, info, warn, error, silent, got "loud"'],
    [{ SLUICE_TIME_ZONE: 'Mars/Olympus' }, "'Mars/Olympus' is no time zone"],
    [{ SLUICE_CATALOG_ADDRESS: 'http://x' }, 'expected host:port'],
    [{ SLUICE_FILES_MOUNTS: 'hdfs=/x' }, "'hdfs' is no root"],
    [{ SLUICE_TELEMETRY_ENDPOINT: 'localhost' }, 'expected an address that begins with http:// or https://'],
  ])('refuse %j', (environment, message) => {
    const error = failureOf(() => loadConfig({ environment: { SLUICE_HOME: folder, ...environment } }));
    expect(error.message).toContain(`${Object.keys(environment)[0] ?? ''}: `);
    expect(error.message).toContain(message);
  });

  test('never repeat a secret in a message', () => {
    const environment = { SLUICE_HOME: folder, SLUICE_DATABASE_URL: 'postgres://u:hunter2@h/d' };
    const error = failureOf(() => loadConfig({ environment }));
    expect(error.message).toContain('SLUICE_DATABASE_URL');
    expect(JSON.stringify([error.message, error.problems])).not.toContain('hunter2');
  });

  test('name a file that is missing or no JSON', () => {
    const missing = failureOf(() => loadConfig({ environment: {}, file: join(folder, 'none.json') }));
    expect(missing.message).toContain('none.json does not exist');
    writeFile('{ "http": ');
    const broken = failureOf(() => loadConfig({ environment: { SLUICE_HOME: folder } }));
    expect(broken).toMatchObject({ reason: 'CONFIG_INVALID' });
    expect(broken.message).toContain(join(folder, 'sluice.json'));
    mkdirSync(join(folder, 'other'));
    const named = writeFile({ home: 'other' }, 'named.json');
    expect(loadConfig({ environment: { SLUICE_CONFIG: named } }).config.home).toBe(join(folder, 'other'));
  });

  test('are frozen', () => {
    const { config } = loadConfig({ environment: {} });
    expect(() => ((config.http as { port: number }).port = 1)).toThrow(TypeError);
    expect(() => (config.files.roots as string[]).push('/')).toThrow(TypeError);
  });

  test('are described with secrets masked', () => {
    const loaded = loadConfig({
      environment: { SLUICE_DATABASE_URL: 'mysql://me:hunter2@db:3306/sluice', SLUICE_NATS_URL: 'nats://token@n:4222' },
    });
    const values = Object.fromEntries(describeConfig(loaded).map(({ key, value }) => [key, value]));
    expect(values['database.url']).toBe('mysql://me:***@db:3306/sluice');
    expect(values['nats.url']).toBe('nats://***@n:4222');
    expect(maskSecret('not an address')).toBe('***');
    expect(maskSecret('')).toBe('');
  });

  test('have variables of different names, and a sentence in both languages', () => {
    const names = Object.keys(SETTINGS).map(environmentName);
    expect(new Set(names).size).toBe(names.length);
    expect(environmentName('execution.memoryBytes')).toBe('SLUICE_EXECUTION_MEMORY_BYTES');
    for (const [key, { about }] of Object.entries(SETTINGS)) {
      expect(about.en, key).toMatch(/^[A-Z].*\.$/);
      expect(about.zh, key).toMatch(/[\u4e00-\u9fff].*。$/);
    }
  });

  test('stand in deploy/README.md as this build has them', () => {
    const readme = readFileSync(new URL('../../../../deploy/README.md', import.meta.url), 'utf8');
    // The formatter pads cells; what they say is what counts.
    const normal = (text: string): string => text.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
    expect(normal(readme)).toContain(normal(settingsTable()).trim());
  });
});
