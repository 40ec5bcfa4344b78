import { SluiceError } from '@sluice/chassis';
import { VersionPolicy, type ScheduleSpec, type Target } from '@sluice/proto/scheduling/v1/schedule';
import type { Rules } from '../policies/policies.js';
import type { Trigger } from '../triggers/trigger.js';
import { durationMs } from './duration.js';
import { Problems } from './problems.js';
import { readRules } from './read-rules.js';
import { readTrigger, type Surroundings } from './read-trigger.js';

/** A schedule's content, checked and with every default filled in. */
export interface Definition {
  readonly spec: ScheduleSpec;
  readonly target: Target;
  readonly trigger: Trigger;
  readonly rules: Rules;
}

const MOST_TEXT = 200;

/**
 * Reads what people say of a schedule.
 *
 * @throws SCHEDULE_INVALID with every problem found
 */
export function readDefinition(spec: ScheduleSpec, around: Surroundings): Definition {
  const problems = new Problems();
  if (spec.name.trim() === '' || spec.name.length > MOST_TEXT) {
    problems.add('name', `it has ${spec.name.length} characters; give 1 to ${MOST_TEXT}`);
  }
  if (spec.project.length > 64) problems.add('project', 'it has more than 64 characters');
  for (const [name, value] of Object.entries(spec.labels)) {
    if (name.length > 64 || value.length > MOST_TEXT) problems.add('labels', `'${name}' is longer than labels may be`);
  }
  const { target } = spec;
  if (target === undefined || target.reference === '') problems.add('target.reference', 'it names nothing to run');
  else checkTarget(target, problems);
  const trigger = readTrigger(spec, around, problems);
  const rules = readRules(spec.policies, trigger, problems);
  if (problems.found.length > 0 || target === undefined || trigger === undefined) {
    const [first] = problems.found;
    const more = problems.found.length > 1 ? ` (and ${problems.found.length - 1} more)` : '';
    const message = `the schedule '${spec.name}' is not as it should be: ${first?.message ?? ''}${more}`;
    throw new SluiceError('SCHEDULE_INVALID', message, { problems: problems.found });
  }
  return { spec, target, trigger, rules };
}

function checkTarget(target: Target, problems: Problems): void {
  if (target.reference.length > 64) problems.add('target.reference', 'an identifier has at most 64 characters');
  if (target.maxAttempts < 0 || target.maxAttempts > 100) problems.add('target.max_attempts', 'give 1 to 100');
  if (target.version < 0) problems.add('target.version', 'it is less than 0');
  if ((durationMs(target.timeout) ?? 0) < 0) problems.add('target.timeout', 'it is less than 0');
  if (target.version > 0 && target.versionPolicy !== VersionPolicy.VERSION_POLICY_PINNED) {
    problems.add('target.version', 'only a pinned target has a version; set version_policy to VERSION_POLICY_PINNED');
  }
}
