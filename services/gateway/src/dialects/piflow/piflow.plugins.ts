import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SluiceError } from '@sluice/chassis';
import { PluginKind, type Plugin } from '@sluice/proto/catalog/v1/plugin';
import {
  MountPluginRequest,
  PluginServiceService,
  UnmountPluginRequest,
} from '@sluice/proto/catalog/v1/plugin_service';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { uploadParts } from '../../plugins/upload.routes.js';
import type { DialectHandler, DialectTools } from '../../dialect.js';
import { nothingNamed } from './piflow.errors.js';
import { toStopInfo } from './piflow.mapping.js';
import { ACTOR, needPackage, WAIT } from './piflow.packages.js';
import { compact } from './piflow.replies.js';

/** What answers the routes under `/plugin` and `/sparkJar`: files that PiFlow's clients have put into a folder. */
export function pluginHandlers({ clients, config }: Pick<DialectTools, 'clients' | 'config'>) {
  const plugins = clients.get(PluginServiceService);
  const stops = clients.get(StopServiceService);
  const classpath = join(config.home, 'classpath');
  const sparkJars = join(config.home, 'sparkJar');

  const folder = async (path: string): Promise<string> => {
    await mkdir(path, { recursive: true });
    return `${path}/`;
  };

  const need = (id: string): Promise<Plugin> => needPackage(plugins, id);

  async function add(place: string, file: string, mustBePlugin: boolean): Promise<Plugin> {
    if (file === '' || basename(file) !== file) throw new SluiceError('REQUEST_INVALID', `'${file}' is no file name`);
    const archive = await readFile(join(place, file)).catch((cause: NodeJS.ErrnoException) => {
      throw new SluiceError('FILE_NOT_FOUND', `there is no file '${file}' in ${place}: ${cause.message}`, { cause });
    });
    const { plugin } = await plugins.uploadPlugin(
      uploadParts({ archive, fileName: file, signature: Buffer.alloc(0), actor: ACTOR, mustBePlugin }),
    );
    if (plugin === undefined) throw new SluiceError('INTERNAL', 'the catalog kept no package');
    const { name, version } = plugin;
    await plugins.mountPlugin(
      MountPluginRequest.fromPartial({ name, version, wait: WAIT, actor: ACTOR, comment: file }),
    );
    return plugin;
  }

  async function remove(id: string): Promise<Plugin> {
    const found = await need(id);
    const { name, version } = found;
    await plugins.unmountPlugin(UnmountPluginRequest.fromPartial({ name, version, wait: WAIT, actor: ACTOR }));
    return found;
  }

  async function stopsInfo({ stops: names }: Plugin): Promise<unknown[]> {
    return Promise.all(
      names.map(async (name) => {
        const { stop } = await stops.getStop({ name });
        return { StopInfo: stop && toStopInfo(stop) };
      }),
    );
  }

  return {
    path: async () => compact({ pluginPath: await folder(classpath) }),
    add: async ({ body }) => {
      const found = await add(classpath, field(body, 'plugin', '{"plugin":"stops-1.0.0.tgz"}'), true);
      return compact({ plugin: { id: found.digest }, stopsInfo: await stopsInfo(found) });
    },
    remove: async ({ body }) => {
      const id = field(body, 'pluginId', '{"pluginId":"..."}');
      // Told before: afterwards its stops are known no more.
      const told = await stopsInfo(await need(id));
      await remove(id);
      return compact({ plugin: { id }, stopsInfo: told });
    },
    info: async ({ query }) => {
      const id = query.get('pluginId') ?? '';
      if (id === '') throw nothingNamed('plugin', '/plugin/info?pluginId=...');
      const found = await need(id);
      const time = found.createTime?.toISOString() ?? '';
      const state = found.mounted ? 'ON' : 'OFF';
      return compact({
        id,
        name: found.fileName,
        path: join(classpath, found.fileName),
        state,
        createTime: time,
        updateTime: time,
      });
    },
    sparkJarPath: async () => compact({ sparkJarPath: await folder(sparkJars) }),
    sparkJarAdd: async ({ body }) => {
      const found = await add(sparkJars, field(body, 'sparkJar', '{"sparkJar":"driver.jar"}'), false);
      return compact({ sparkJar: { id: found.digest } });
    },
    sparkJarRemove: async ({ body }) => {
      const id = field(body, 'sparkJarId', '{"sparkJarId":"..."}');
      const { kind, name } = await need(id);
      if (kind !== PluginKind.PLUGIN_KIND_SPARK_JAR)
        throw new SluiceError('PLUGIN_NOT_FOUND', `'${name}' is no Spark jar`);
      const found = await remove(id);
      return compact({ sparkJar: { id: found.digest } });
    },
  } satisfies Record<string, DialectHandler>;
}

/** A field of a body in JSON. */
function field(body: string, name: string, example: string): string {
  try {
    const value = (JSON.parse(body) as Record<string, unknown> | null)?.[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  } catch {
    // told below
  }
  throw new SluiceError('REQUEST_INVALID', `the body has no '${name}'; write ${example}`);
}
