import { ifServed, type Logger } from '@sluice/chassis';
import type { Generation, Kernel, MountedDatasource, PluginPackage } from '@sluice/kernel';
import { moduleFolders } from '@sluice/packages';
import { inject, injectable } from 'tsyringe';
import { KERNEL, LOG, PACKAGE_GENERATIONS, type PackageGenerations } from '../tokens.js';

/** The code of a type, where a prober can load it. */
export interface TypeCode {
  readonly plugin: PluginPackage;
  /** The folders of the npm packages that the plugin names as bundles, by name. */
  readonly modules: Readonly<Record<string, string>>;
  /** What was mounted with it. */
  readonly generation: Generation;
}

/** The types of datasources: the platform's own, and those of uploaded packages, of which the catalog is asked. */
@injectable()
export class DatasourceTypes {
  private asking: Promise<void> | undefined;

  constructor(
    @inject(KERNEL) private readonly kernel: Kernel,
    @inject(PACKAGE_GENERATIONS) private readonly catalog: PackageGenerations,
    @inject(LOG) private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /** What is mounted now. While the catalog does not answer, what it said last. */
  async present(): Promise<Generation> {
    // A question that is under way may have been asked before the last mount.
    await this.asking;
    this.asking ??= this.follow().finally(() => (this.asking = undefined));
    await this.asking;
    return this.kernel.generation;
  }

  /** A type that the platform has, without asking where it is the platform's own. */
  async known(name: string): Promise<MountedDatasource | undefined> {
    const found = this.kernel.generation.datasource(name);
    return found?.plugin.uploaded === false ? found : (await this.present()).datasource(name);
  }

  /** The code of a type, fetched when it is not here. */
  async codeOf({ plugin }: MountedDatasource): Promise<TypeCode> {
    const { generation } = this.kernel;
    const needed = generation.bundles.filter(({ name }) => name in plugin.bundles);
    const bundles = await Promise.all(needed.map((each) => this.catalog.placeBundle(each)));
    const placed = plugin.uploaded ? await this.catalog.place(plugin, generation.bundles) : plugin;
    return { plugin: placed, modules: moduleFolders(plugin.bundles, bundles), generation };
  }

  private async follow(): Promise<void> {
    try {
      const set = await ifServed(this.catalog.outline(), undefined);
      if (set !== undefined && set.number > this.kernel.generation.number) this.kernel.mount(set);
    } catch (err) {
      this.log.warn({ err }, 'the catalog does not say which plugins are mounted; those that it named last count');
    }
  }
}
