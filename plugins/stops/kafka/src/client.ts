import { driverError, isSluiceError, SluiceError, type ConnectionStep, type Tls } from '@sluice/plugin-sdk';
import kafkajs, { type Admin, type Kafka, type SASLOptions } from 'kafkajs';

/** Where the brokers are and who asks. */
export interface Target {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** Empty: no login. */
  readonly user: string;
  readonly password: string;
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly tls: Tls;
}

/** How long a stop waits for a broker, in milliseconds. */
export const WAIT_MS = 30_000;
const DEFAULT_PORT = 9092;

const remedies = {
  name: 'check the host names',
  connect: 'check hosts and ports, whether the brokers run, and whether they ask for a login or TLS',
  tls: 'check the TLS setting and the certificates of the brokers',
  authentication: 'check user, password and mechanism',
};

/** A client; nothing is sent yet. */
export function clientOf(target: Target, timeoutMs: number): Kafka {
  const { brokers, user, password, mechanism, tls } = target;
  const login = { mechanism, username: user, password } as SASLOptions;
  return new kafkajs.Kafka({
    clientId: 'sluice',
    brokers: [...brokers],
    ...(user === '' ? {} : { sasl: login }),
    ...(tls === 'off' ? {} : { ssl: { rejectUnauthorized: tls === 'verify' } }),
    connectionTimeout: timeoutMs,
    authenticationTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 2000 },
    // It would write to the console.
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

/**
 * Connects to ask about topics.
 *
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step
 */
export async function openAdmin(
  target: Target,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Admin> {
  signal.throwIfAborted();
  const admin = clientOf(target, timeoutMs).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    // Who asks is told only to the first request.
    await admin.describeCluster();
    return admin;
  } catch (error) {
    await admin.disconnect().catch(() => undefined);
    throw clientError(target, error, 'connecting');
  }
}

/** Addresses with their ports; PROPERTY_INVALID for what is none. */
export function brokersOf(hosts: readonly string[]): readonly string[] {
  if (hosts.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'kafka_host' names no broker");
  return hosts.map((host) => {
    if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host)) {
      throw new SluiceError('PROPERTY_INVALID', `property 'kafka_host': '${host}' is not of the form host:port`);
    }
    return /:\d+$/.test(host) ? host : `${host}:${DEFAULT_PORT}`;
  });
}

interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly type?: string;
  readonly cause?: unknown;
}

/**
 * Any failure of the client as an error of Sluice.
 *
 * @param doing what was tried, such as `reading 'orders'`
 */
export function clientError({ brokers }: Target, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const { cause } = error as Failure;
  return driverError(brokers.join(','), cause instanceof Error ? cause : error, doing, {
    stepOf: (root) => stepOf(root as Failure),
    remedies,
    reasonOf: (root) => ((root as Failure).type === 'UNKNOWN_TOPIC_OR_PARTITION' ? 'TABLE_NOT_FOUND' : undefined),
  });
}

function stepOf({ name = '', message = '', code, type = '' }: Failure): ConnectionStep | undefined {
  if (/SASL/.test(name)) return 'authentication';
  if (/AUTHORIZATION_FAILED/.test(type)) return 'permission';
  const text = String(code ?? '');
  if (/ENOTFOUND|EAI_AGAIN/.test(`${text} ${message}`)) return 'name';
  if (/certificate|secure TLS|SSL|EPROTO|wrong version|altnames/i.test(message)) return 'tls';
  return /Connection|Timeout|BrokerNotFound|SeedBrokers/.test(name) || /timed out|not connected/i.test(message)
    ? 'connect'
    : undefined;
}
