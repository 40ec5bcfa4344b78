import { randomUUID } from 'node:crypto';
import { SluiceError } from '@sluice/chassis';
import { Datasource } from '@sluice/proto/datasource/v1/datasource';
import {
  CreateDatasourceRequest,
  DatasourceServiceService,
  UpdateDatasourceRequest,
} from '@sluice/proto/datasource/v1/datasource_service';
import { readSecrets, type SecretOptions } from '../secret-input.js';
import type { Session } from '../session.js';
import { readCount, readPairs } from '../values.js';

/** The options of `sluice datasource add` and `edit`. */
export interface DatasourceSaveOptions extends SecretOptions {
  readonly property?: readonly string[];
  readonly description?: string;
  readonly clear?: readonly string[];
  readonly expect?: string;
}

/** Makes a datasource. */
export async function addDatasource(
  session: Session,
  options: DatasourceSaveOptions,
  name: string,
  type: string,
): Promise<void> {
  const client = (await session.connect()).get(DatasourceServiceService);
  const plain = await plainProperties(session, options, type);
  const secrets = await readSecrets(session, options);
  const request = CreateDatasourceRequest.fromPartial({
    name,
    type,
    description: options.description ?? '',
    properties: { ...plain, ...secrets },
    secretNames: Object.keys(secrets),
    idempotencyKey: randomUUID(),
  });
  tellSaved(session, (await client.createDatasource(request, { idempotent: true })).datasource);
}

/** Changes a datasource; what is not named stays. */
export async function editDatasource(session: Session, options: DatasourceSaveOptions, name: string): Promise<void> {
  const client = (await session.connect()).get(DatasourceServiceService);
  const { datasource } = await client.getDatasource({ name });
  const plain = await plainProperties(session, options, datasource?.type ?? '');
  const secrets = await readSecrets(session, options);
  const request = UpdateDatasourceRequest.fromPartial({
    name,
    expectedVersion: options.expect === undefined ? 0 : readCount('--expect', options.expect),
    ...(options.description === undefined ? {} : { description: options.description }),
    properties: { ...plain, ...secrets },
    cleared: [...(options.clear ?? [])],
    idempotencyKey: randomUUID(),
  });
  tellSaved(session, (await client.updateDatasource(request, { idempotent: true })).datasource);
}

/** Gives a datasource a new secret, or puts every secret under new keys. */
export async function rotate(
  session: Session,
  options: SecretOptions & { keys?: boolean },
  name?: string,
): Promise<void> {
  const client = (await session.connect()).get(DatasourceServiceService);
  if (options.keys === true) {
    const { keyId, count } = await client.rotateKeys({});
    if (session.json) return session.outJson({ keyId, count });
    return session.out(`${session.style.good('✓')} ${session.texts.datasource.rotated(count, keyId)}`);
  }
  if (name === undefined) throw new SluiceError('REQUEST_INVALID', 'name a datasource, or say --keys');
  const { datasource } = await client.getDatasource({ name });
  const isGiven = (options.secret?.length ?? 0) + (options.secretFile?.length ?? 0) > 0;
  await editDatasource(session, isGiven ? options : { secret: datasource?.secrets ?? [] }, name);
}

/** The properties of `-p`; a secret one is refused. */
async function plainProperties(
  session: Session,
  options: DatasourceSaveOptions,
  type: string,
): Promise<Record<string, string>> {
  const plain = readPairs('--property', options.property ?? []);
  const client = (await session.connect()).get(DatasourceServiceService);
  const { types } = await client.listDatasourceTypes({});
  const found = types.find((each) => [each.name, ...each.aliases].includes(type.toLowerCase()));
  const isSecret = (name: string): boolean =>
    found?.properties.some((each) => each.secret && each.name.toLowerCase() === name.toLowerCase()) ?? false;
  const secret = Object.keys(plain).find(isSecret);
  if (secret === undefined) return plain;
  const message = `'${secret}' is secret, and arguments can be read by others; write --secret ${secret}, or --secret-file ${secret}=FILE`;
  throw new SluiceError('REQUEST_INVALID', message);
}

function tellSaved(session: Session, saved: Datasource | undefined): void {
  const datasource = saved ?? Datasource.fromPartial({});
  if (session.json) return session.outJson(Datasource.toJSON(datasource));
  if (session.quiet) return session.out(datasource.name);
  session.out(`${session.style.good('✓')} ${session.texts.datasource.saved(datasource.name, datasource.version)}`);
}
