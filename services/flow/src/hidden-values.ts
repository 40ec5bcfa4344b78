import type { Problem } from '@sluice/plugin-sdk';
import type { Flow } from '@sluice/proto/common/v1/flow';

/** What stands in a flow that is shown for the value of a secret. */
export const HIDDEN = '••••••';

/** A problem for each value that was hidden when the flow was shown, and is still so. */
export function hiddenValues(flow: Flow): Problem[] {
  const problem = (where: string, more: Partial<Problem>): Problem => ({
    reason: 'PROPERTY_INVALID',
    message: `${where} is ${HIDDEN}, which stands for a secret that was not shown; give its value, or bind a datasource`,
    ...more,
  });
  return [
    ...flow.stops.flatMap(({ name: stop, properties }) =>
      Object.entries(properties)
        .filter(([, value]) => value === HIDDEN)
        .map(([property]) => problem(`stop '${stop}', property '${property}'`, { stop, property })),
    ),
    ...Object.entries(flow.environmentVariable)
      .filter(([, value]) => value === HIDDEN)
      .map(([name]) => problem(`the variable '${name}'`, {})),
  ];
}
