import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { DatasourceDeleted, DatasourceSaved } from '@sluice/proto/events/v1/datasource';
import type { DatasourceRecord } from './datasources.store.js';

/** A datasource was made or changed; nothing of its properties is told. */
export function datasourceSaved({ name, version, type }: DatasourceRecord): OutgoingEvent {
  const payload = eventPayload('sluice.events.v1.DatasourceSaved', DatasourceSaved, { name, version, type });
  return { subject: 'sluice.v1.datasource.datasource.saved', key: name.toLowerCase(), payload };
}

/** A datasource was deleted. */
export function datasourceDeleted(name: string): OutgoingEvent {
  const payload = eventPayload('sluice.events.v1.DatasourceDeleted', DatasourceDeleted, { name });
  return { subject: 'sluice.v1.datasource.datasource.deleted', key: name.toLowerCase(), payload };
}
