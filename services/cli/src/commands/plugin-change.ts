import { userInfo } from 'node:os';
import { SluiceError, type Client } from '@sluice/chassis';
import {
  MountPluginRequest,
  MountPluginResponse,
  PluginServiceService,
  PublishPluginResponse,
  RemovePluginResponse,
  RollbackPluginsResponse,
  SetPluginQuarantineResponse,
  UnmountPluginRequest,
  UnmountPluginResponse,
} from '@sluice/proto/catalog/v1/plugin_service';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { readCount } from '../values.js';

/** The options of `sluice plugin mount`. */
export interface MountOptions {
  readonly keepDefault?: boolean;
  readonly declaredOnly?: boolean;
  readonly grant?: boolean;
  readonly win?: boolean;
  readonly comment?: string;
}

const WAIT = { seconds: 10n, nanos: 0 };

async function clientOf(session: Session): Promise<Client<typeof PluginServiceService>> {
  return (await session.connect()).get(PluginServiceService);
}

/** Who does something, for the record of changes. */
export function actorName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a user id without a name, as in containers
  }
}

/** `name@version`; without a version, the default or the newest one. */
export function readNameVersion(text: string): { readonly name: string; readonly version: string } {
  const at = text.lastIndexOf('@');
  const [name, version] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, 'default'];
  if (name !== '' && version !== '') return { name, version };
  throw new SluiceError('REQUEST_INVALID', `'${text}' is no package; write a name, or name@version`);
}

export async function mountPlugin(session: Session, options: MountOptions, text: string): Promise<void> {
  const { name, version } = readNameVersion(text);
  await mountVersion(session, options, name, version === 'default' ? '*' : version);
}

/** Mounts a version and waits until every execution node has it. */
export async function mountVersion(
  session: Session,
  options: MountOptions,
  name: string,
  version: string,
): Promise<void> {
  const { keepDefault = false, declaredOnly = false, grant = false, win = false, comment = '' } = options;
  const request = { name, version, keepDefault, declaredOnly, grant, win, comment, wait: WAIT, actor: actorName() };
  const response = await (await clientOf(session)).mountPlugin(MountPluginRequest.fromPartial(request));
  if (session.json) return session.outJson(MountPluginResponse.toJSON(response));
  const { texts, style } = session;
  const title = printable(`${name}@${response.plugin?.version ?? version}`);
  if (!session.quiet) session.out(`${style.good('✓')} ${texts.plugin.mounted(title, String(response.generation))}`);
  if (response.waitingFor.length === 0) return;
  session.err(
    `${session.errorStyle.warn(texts.errors.warning)} ${texts.plugin.behind(response.waitingFor.join(', '))}`,
  );
}

export async function unmountPlugin(
  session: Session,
  options: { readonly safe?: boolean; readonly comment?: string },
  text: string,
): Promise<void> {
  const { safe = false, comment = '' } = options;
  const request = { ...readNameVersion(text), safe, comment, wait: WAIT, actor: actorName() };
  const response = await (await clientOf(session)).unmountPlugin(UnmountPluginRequest.fromPartial(request));
  if (session.json) return session.outJson(UnmountPluginResponse.toJSON(response));
  const { texts, style } = session;
  if (!session.quiet)
    session.out(`${style.good('✓')} ${texts.plugin.unmounted(printable(text), String(response.generation))}`);
  if (response.uses.length === 0) return;
  const names = response.uses.map((use) => `${use.kind} ${use.name} (${use.id})`).join(', ');
  session.err(`${session.errorStyle.warn(texts.errors.warning)} ${texts.plugin.usedBy(printable(names))}`);
}

export async function rollbackPlugins(session: Session, options: { readonly to?: string }): Promise<void> {
  const generation = options.to === undefined ? undefined : BigInt(readCount('--to', options.to, 0));
  const response = await (await clientOf(session)).rollbackPlugins({ generation, wait: WAIT, actor: actorName() });
  if (session.json) return session.outJson(RollbackPluginsResponse.toJSON(response));
  const { number = 0n, comment = '' } = response.generation ?? {};
  if (!session.quiet)
    session.out(`${session.style.good('✓')} ${session.texts.plugin.rolledBack(String(number), comment)}`);
}

export async function removePlugin(session: Session, _options: object, text: string): Promise<void> {
  const response = await (await clientOf(session)).removePlugin({ ...readNameVersion(text), actor: actorName() });
  if (session.json) return session.outJson(RemovePluginResponse.toJSON(response));
  const { texts, style } = session;
  const title = printable(text);
  if (!session.quiet)
    session.out(`${style.good('✓')} ${response.waiting ? texts.plugin.removing(title) : texts.plugin.removed(title)}`);
}

/** Publishes a package that the platform keeps to the platform's hub. */
export async function publishPlugin(session: Session, _options: object, text: string): Promise<void> {
  const response = await (await clientOf(session)).publishPlugin({ ...readNameVersion(text), actor: actorName() });
  if (session.json) return session.outJson(PublishPluginResponse.toJSON(response));
  const { texts, style } = session;
  if (!session.quiet) session.out(`${style.good('✓')} ${texts.hub.published(printable(text), response.hub)}`);
}

export async function quarantinePlugin(
  session: Session,
  options: { readonly lift?: boolean; readonly reason?: string },
  text: string,
): Promise<void> {
  const { lift = false, reason = '' } = options;
  const request = { ...readNameVersion(text), quarantined: !lift, reason, actor: actorName() };
  const response = await (await clientOf(session)).setPluginQuarantine(request);
  if (session.json) return session.outJson(SetPluginQuarantineResponse.toJSON(response));
  const { texts, style } = session;
  const title = printable(text);
  if (!session.quiet)
    session.out(`${style.good('✓')} ${lift ? texts.plugin.released(title) : texts.plugin.quarantined(title)}`);
}
