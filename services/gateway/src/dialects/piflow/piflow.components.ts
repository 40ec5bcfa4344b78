import { SluiceError } from '@sluice/chassis';
import type { StopType } from '@sluice/proto/catalog/v1/stop';
import { stopName } from './piflow.mapping.js';
import type { ComponentGroup } from './piflow.wire.js';

/** Stops by group, each with whether users are shown it; a stop is there once for each of its groups. */
export function toComponentGroups(stops: readonly StopType[]): ComponentGroup[] {
  const names = [...new Set(stops.flatMap(({ groups }) => groups))].sort((a, b) => a.localeCompare(b, 'en'));
  return names.map((groupName) => ({
    id: groupName,
    groupName,
    stopsComponentVoList: stops
      .filter(({ groups }) => groups.includes(groupName))
      .map((stop) => ({
        id: stop.name,
        name: stopName(stop),
        bundel: stop.name,
        owner: stop.owner,
        description: stop.description?.en ?? '',
        groups: groupName,
        isShow: !stop.hidden,
      })),
  }));
}

/** What PiFlow's page sends as a form: `bundle[0]=...&stopsGroups[0]=...&isShow=1`. */
export function readShown(body: string): { readonly bundles: string[]; readonly isShow: boolean } {
  const form = new URLSearchParams(body);
  const bundles = [...form].filter(([key]) => /^bundle(\[\d*\])?$/.test(key)).map(([, value]) => value);
  const isShow = form.get('isShow') ?? '';
  if (bundles.length > 0 && /^(0|1|true|false)$/.test(isShow))
    return { bundles, isShow: isShow === '1' || isShow === 'true' };
  const example = 'bundle[0]=cn.piflow.bundle.csv.CsvParser&stopsGroups[0]=CSV&isShow=0';
  throw new SluiceError('REQUEST_INVALID', `the form has no 'bundle' or no 'isShow'; write ${example}`);
}
