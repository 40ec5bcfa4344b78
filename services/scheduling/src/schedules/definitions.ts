import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { readDefinition, type Definition } from './definition.js';
import type { ScheduleRecord } from './schedule-record.js';

/** How many definitions are kept; one takes about 3 kB. */
const KEPT = 20_000;

/** Definitions of stored schedules, read once for each version. */
export class Definitions {
  private readonly kept = new Map<string, { readonly version: number; readonly definition: Definition }>();

  /** @param zone the platform's time zone, for schedules that name none */
  constructor(readonly zone: string) {}

  /** The definition of a version of a schedule, if it was read. */
  known(id: string, version: number): Definition | undefined {
    const known = this.kept.get(id);
    return known?.version === version ? known.definition : undefined;
  }

  /** The definition in a row of the schedules. */
  of(row: {
    readonly id: string;
    readonly version: number | string;
    readonly spec: string;
    readonly created_ms: number | string;
  }): Definition {
    return this.find(row.id, Number(row.version), Number(row.created_ms), () =>
      ScheduleSpec.fromJSON(JSON.parse(row.spec)),
    );
  }

  /** The definition of a schedule that was read already. */
  ofRecord({ id, version, createdMs, spec }: ScheduleRecord): Definition {
    return this.find(id, version, createdMs, () => spec);
  }

  private find(id: string, version: number, createdMs: number, spec: () => ScheduleSpec): Definition {
    const known = this.kept.get(id);
    if (known?.version === version) return known.definition;
    const definition = readDefinition(spec(), { zone: this.zone, createdMs });
    this.kept.delete(id);
    this.kept.set(id, { version, definition });
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value as string);
    return definition;
  }
}
