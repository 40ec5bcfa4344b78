import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { SluiceError, type ConnectOptions } from '@sluice/plugin-sdk';
import { clientError, hostOf } from './failures.js';

/** Where a store is and who asks. */
export interface Target {
  /** An http or https URL; empty: Amazon's, by the region. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** A thing in a bucket. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** Parts of an upload that are under way at once, each of the least size that stores take. */
const PARTS_UNDER_WAY = 2;
const PART_BYTES = 8 << 20;

/** An open client. Its failures are errors of Sluice. */
export class ObjectStore {
  private readonly client: S3Client;

  constructor(
    private readonly target: Target,
    { timeoutMs, signal }: ConnectOptions,
  ) {
    signal.throwIfAborted();
    const { endpoint, region, accessKey: accessKeyId, secretKey: secretAccessKey } = target;
    this.client = new S3Client({
      region,
      ...(endpoint === '' ? {} : { endpoint: endpointOf(endpoint), forcePathStyle: true }),
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      maxAttempts: 3,
      // Ceph and others do not know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    signal.addEventListener('abort', () => this.client.destroy(), { once: true });
  }

  /** Sees that the store answers and takes the keys: by a bucket, or by the list of all. */
  async check(bucket: string): Promise<void> {
    const command = bucket === '' ? new ListBucketsCommand({}) : new HeadBucketCommand({ Bucket: bucket });
    await this.guarded('connecting', () => this.client.send(command as ListBucketsCommand));
  }

  async buckets(): Promise<readonly string[]> {
    const { Buckets = [] } = await this.guarded('listing the buckets', () =>
      this.client.send(new ListBucketsCommand({})),
    );
    return Buckets.map(({ Name = '' }) => Name);
  }

  /** The objects below a prefix, in the order of their keys, a page at a time. */
  async *list(bucket: string, prefix: string): AsyncGenerator<StoredObject> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: bucket, Prefix: prefix });
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key: key = '', Size: bytes = 0 } of Contents) yield { key, bytes };
      }
    } catch (error) {
      throw clientError(this.target.endpoint, error, `listing 's3://${bucket}/${prefix}'`);
    }
  }

  /** The names right below a prefix, at most so many: folders end in a slash. */
  async level(bucket: string, prefix: string, most: number): Promise<readonly string[]> {
    const names: string[] = [];
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: bucket, Prefix: prefix, Delimiter: '/' });
    try {
      for await (const { Contents = [], CommonPrefixes = [] } of pages) {
        const keys = [...CommonPrefixes.map((each) => each.Prefix ?? ''), ...Contents.map((each) => each.Key ?? '')];
        names.push(...keys.map((key) => key.slice(prefix.length)).filter((name) => name !== ''));
        if (names.length >= most) break;
      }
    } catch (error) {
      throw clientError(this.target.endpoint, error, `listing 's3://${bucket}/${prefix}'`);
    }
    return names.sort().slice(0, most);
  }

  async download(bucket: string, key: string, path: string, signal: AbortSignal): Promise<void> {
    await this.guarded(`reading 's3://${bucket}/${key}'`, async () => {
      const { Body: body } = await this.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      });
      await mkdir(dirname(path), { recursive: true });
      await pipeline(body as Readable, createWriteStream(path), { signal });
    });
  }

  /** Puts a file under a key; it appears when it is complete. */
  async upload(path: string, bucket: string, key: string, signal: AbortSignal): Promise<void> {
    await this.guarded(`writing 's3://${bucket}/${key}'`, async () => {
      const upload = new Upload({
        client: this.client,
        params: { Bucket: bucket, Key: key, Body: createReadStream(path, { highWaterMark: 1 << 20 }) },
        queueSize: PARTS_UNDER_WAY,
        partSize: PART_BYTES,
      });
      const abort = (): void => void upload.abort();
      signal.addEventListener('abort', abort, { once: true });
      try {
        await upload.done();
      } finally {
        signal.removeEventListener('abort', abort);
      }
    });
  }

  /** Puts an object without content. */
  async mark(bucket: string, key: string): Promise<void> {
    await this.guarded(`writing 's3://${bucket}/${key}'`, () =>
      this.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: '' })),
    );
  }

  async remove(bucket: string, key: string): Promise<void> {
    await this.guarded(`removing 's3://${bucket}/${key}'`, () =>
      this.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
    );
  }

  close(): void {
    this.client.destroy();
  }

  private async guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw clientError(this.target.endpoint, error, doing);
    }
  }
}

/** The endpoint as a URL; `host:port` is meant as http, as in PiFlow. */
function endpointOf(text: string): string {
  const url = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(url) && new URL(url).username === '' && hostOf(url) !== '') return url;
  throw new SluiceError('PROPERTY_INVALID', 'the endpoint is no http or https URL');
}
