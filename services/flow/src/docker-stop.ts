import type { Generation } from '@sluice/kernel';
import type { Stop } from '@sluice/proto/common/v1/flow';

/** The stop type by which PiFlow's web runs a component in Python, in a container. */
const DOCKER = 'cn.piflow.bundle.script.DockerExecute';
/** The script in the text of its compose file: `command: python3 /pythonDir/<script> <arguments>`. */
const SCRIPT = /\bpython\d?\s+\/pythonDir\/(\S+\.py)/;

/** What to write in the place of a stop that runs a container; undefined for another stop. */
export function dockerRemedy({ bundle, properties }: Stop, generation: Generation): string | undefined {
  if (bundle !== DOCKER) return undefined;
  const [, script = ''] = SCRIPT.exec(String(properties['ymlContent'] ?? '')) ?? [];
  const names = generation.stops.flatMap(({ manifest }) => manifest.aliases);
  const mounted = names.filter((name) => script !== '' && name.endsWith(`/${script}`)).map((name) => `'${name}'`);
  const name = mounted.length > 0 ? mounted.join(' or ') : `'<zip>/${script === '' ? '<script>.py' : script}'`;
  const first = mounted.length > 0 ? '' : 'upload and mount the zip of its scripts as a plugin, and ';
  return `its scripts run here without Docker: ${first}name the script as the bundle, ${name}`;
}
