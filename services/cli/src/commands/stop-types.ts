import { SluiceError, type Client } from '@sluice/chassis';
import { ListStopGroupsResponse, StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { StopType, type PortShape, type Property } from '@sluice/proto/catalog/v1/stop';
import type { LocalizedText } from '@sluice/proto/common/v1/text';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { actorName } from './plugin-change.js';

/** The options of `sluice stop-types`. */
export interface StopTypesOptions {
  readonly group?: string;
  readonly groups?: boolean;
  readonly search?: string;
  readonly local?: boolean;
  /** Whether hidden ones are listed too. */
  readonly hidden?: boolean;
  /** Whether it is told how many flows use each. */
  readonly uses?: boolean;
}

const PAGE = 1_000;

/** Lists stop types and their groups, or shows one with its ports and properties. */
export async function stopTypes(session: Session, options: StopTypesOptions, name?: string): Promise<void> {
  const client = (await session.connect(options.local)).get(StopServiceService);
  if (options.groups === true) return showGroups(session, client, options.hidden ?? false);
  if (name !== undefined) return showOne(session, client, name);
  const stops: StopType[] = [];
  for (let pageToken = ''; ;) {
    const request = {
      group: options.group ?? '',
      query: options.search ?? '',
      pageSize: PAGE,
      pageToken,
      includeHidden: options.hidden ?? false,
      countUses: options.uses ?? false,
    };
    const page = await client.listStops(request);
    stops.push(...page.stops);
    pageToken = page.nextPageToken;
    if (pageToken === '') break;
  }
  if (session.json) return stops.forEach((stop) => session.outJson(StopType.toJSON(stop)));
  if (session.quiet) return session.out(...stops.map((stop) => stop.name));
  if (stops.length === 0) return session.err(session.texts.stopTypes.none);
  const { columns } = session.texts.words;
  const { hidden } = session.texts.stopTypes;
  const titles = [
    { title: columns.name, whole: true },
    { title: columns.group },
    { title: columns.title },
    ...(options.uses === true ? [{ title: columns.usedBy, align: 'right' as const }] : []),
  ];
  const rows = stops.map((stop) => [
    stop.name,
    stop.groups.join(', '),
    `${localized(session, stop.title)}${stop.hidden ? ` (${hidden})` : ''}`,
    ...(options.uses === true ? [String(stop.usedBy ?? 0)] : []),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

async function showGroups(
  session: Session,
  client: Client<typeof StopServiceService>,
  includeHidden: boolean,
): Promise<void> {
  const found = await client.listStopGroups({ includeHidden });
  if (session.json) return session.outJson(ListStopGroupsResponse.toJSON(found));
  const { columns } = session.texts.words;
  const titles = [{ title: columns.group }, { title: columns.stops, align: 'right' as const }];
  const { hidden } = session.texts.stopTypes;
  const rows = found.groups.map((group) => [
    group.hidden ? `${group.name} (${hidden})` : group.name,
    String(group.stopCount),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

async function showOne(session: Session, client: Client<typeof StopServiceService>, name: string): Promise<void> {
  const { stop } = await client.getStop({ name });
  if (stop === undefined) throw new SluiceError('INTERNAL', `the catalog gave no stop type for '${name}'`);
  if (session.json) return session.outJson(StopType.toJSON(stop));
  const { style, texts } = session;
  const { fields } = texts.stopTypes;
  const fact = (title: string, value: string): string[] => (value === '' ? [] : [`${style.dim(`${title}:`)} ${value}`]);
  session.out(
    `${style.bold(stop.name)}  ${localized(session, stop.title)}`,
    localized(session, stop.description),
    '',
    ...fact(fields.groups, stop.groups.join(', ')),
    ...fact(fields.aliases, stop.aliases.join(', ')),
    ...fact(fields.in, portsText(session, stop.inports)),
    ...fact(fields.out, portsText(session, stop.outports)),
    ...fact(fields.engines, stop.engines.join(', ')),
    ...fact(fields.plugin, stop.plugin === undefined ? '' : `${stop.plugin.name} ${stop.plugin.version}`),
    ...fact(fields.customized, localized(session, stop.customized)),
  );
  if (stop.properties.length > 0) session.out('', ...propertyTable(session, stop.properties));
}

function propertyTable(session: Session, properties: readonly Property[]): string[] {
  const { columns, required } = session.texts.words;
  const titles = [
    { title: columns.property, whole: true },
    { title: columns.kind },
    { title: columns.default },
    { title: columns.meaning },
  ];
  const rows = properties.map((property) => {
    const kind = property.kind.replace('PROPERTY_KIND_', '').toLowerCase();
    return [
      property.name,
      property.allowedValues.length > 0 ? property.allowedValues.join('|') : kind,
      property.required ? required : valueText(property.defaultValue),
      localized(session, property.description ?? property.title),
    ];
  });
  return table(titles, rows, session.width, session.style.dim);
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return printable(typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value));
}

function portsText({ texts }: Session, shape: PortShape | undefined): string {
  const kind = shape?.kind.replace('PORT_KIND_', '') ?? '';
  return kind === 'NAMED'
    ? (shape?.names ?? []).map((name) => name || texts.words.defaultPort).join(', ')
    : (texts.stopTypes.ports[kind] ?? kind);
}

function localized({ language }: Session, text: LocalizedText | undefined): string {
  return printable((language === 'zh' ? text?.zh : '') || text?.en || '');
}

/** Hides stop types, or groups of them, from users; or shows them again. */
export function stopVisibility(hidden: boolean) {
  return async (session: Session, options: { readonly group?: boolean }, names: readonly string[]): Promise<void> => {
    const client = (await session.connect()).get(StopServiceService);
    const [stops, groups] = options.group === true ? [[], [...names]] : [[...names], []];
    await client.setStopVisibility({ stops, groups, hidden, actor: actorName() });
    if (session.json) return session.outJson({ stops, groups, hidden });
    const { texts, style, quiet } = session;
    const told = printable(names.join(', '));
    if (!quiet) session.out(`${style.good('✓')} ${hidden ? texts.stopTypes.hid(told) : texts.stopTypes.shown(told)}`);
  };
}
