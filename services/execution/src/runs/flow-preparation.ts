import { ifServed, openVault, redactor, type Config, type Problem, type Vault } from '@sluice/chassis';
import {
  flowError,
  hiddenValues,
  prepareFlow,
  type CheckedFlow,
  type KeptDatasource,
  type KeptVariable,
} from '@sluice/flow';
import type { Generation } from '@sluice/kernel';
import { moduleFolders } from '@sluice/packages';
import type { Flow } from '@sluice/proto/common/v1/flow';
import type { SealedSecrets } from '@sluice/proto/datasource/v1/datasource';
import { inject, injectable } from 'tsyringe';
import type { PlanDatasource } from '../runner/protocol.js';
import type { DatasourceClient, VariableClient } from './datasource-clients.js';
import { CONFIG, DATASOURCES, VARIABLES } from '../tokens.js';

/** A sound flow with all that a run of it needs. Its secrets stay in the memory of this process and its runners. */
export interface ReadyFlow {
  readonly checked: CheckedFlow;
  /** By name in lower case. */
  readonly datasources: Readonly<Record<string, PlanDatasource>>;
  /** Hides the secrets in whatever is shown of the run. */
  redact<T>(value: T): T;
}

/** Fills variables and datasources into flows and checks them. */
@injectable()
export class FlowPreparation {
  private vault: Promise<Vault> | undefined;

  constructor(
    @inject(CONFIG) private readonly config: Config,
    @inject(DATASOURCES) private readonly datasources: DatasourceClient,
    @inject(VARIABLES) private readonly variables: VariableClient,
  ) {}

  /** The flow, ready to run; an error with every problem when it has some. */
  async prepare(
    flow: Flow,
    generation: Generation,
    variables: Readonly<Record<string, string>>,
    engine: string,
  ): Promise<ReadyFlow> {
    const prepared = await prepareFlow(flow, generation, variables, engine, {
      variables: (project) => this.keptVariables(project),
      datasources: (names) => this.keptDatasources(names),
    });
    const redact = redactor(prepared.secrets);
    const problems: readonly Problem[] = [...hiddenValues(flow), ...prepared.problems];
    if (prepared.checked === undefined || problems.length > 0) throw flowError(flow.name, redact(problems));
    const entries = prepared.datasources.flatMap(({ name, type, values }): [string, PlanDatasource][] => {
      const plugin = generation.datasource(type)?.plugin;
      if (plugin === undefined) return [];
      const modules = moduleFolders(plugin.bundles, generation.bundles);
      return [[name.toLowerCase(), { type, entry: plugin.entry, values, modules }]];
    });
    return { checked: prepared.checked, datasources: Object.fromEntries(entries), redact };
  }

  private async keptVariables(project: string): Promise<KeptVariable[]> {
    const { variables } = await ifServed(this.variables.resolveVariables({ project }), { variables: [] });
    return Promise.all(
      variables.map(async ({ variable, sealed }) => {
        const { name = '', value = '', secret = false, project: owner = '' } = variable ?? {};
        const opened = await this.open(`variable:${owner}/${name}`, sealed);
        return { name, value: opened['value'] ?? value, secret };
      }),
    );
  }

  private async keptDatasources(names: readonly string[]): Promise<KeptDatasource[]> {
    const asked = this.datasources.resolveDatasources({ names: [...names] });
    const { datasources } = await ifServed(asked, { datasources: [] });
    return Promise.all(
      datasources.map(async ({ datasource, sealed }) => {
        const { name = '', type = '', properties = {}, secrets = [] } = datasource ?? {};
        const opened = await this.open(`datasource:${name.trim().toLowerCase()}`, sealed);
        return { name, type, values: { ...properties, ...opened }, secretNames: secrets };
      }),
    );
  }

  private async open(scope: string, sealed: SealedSecrets | undefined): Promise<Readonly<Record<string, string>>> {
    if (sealed === undefined) return {};
    const { keyId, wrappedKey, data } = sealed;
    const vault = await (this.vault ??= openVault(this.config, { make: false }));
    if (!vault.knows(keyId)) {
      // The keys may have been rotated since: read them once more before saying that one is missing.
      this.vault = openVault(this.config, { make: false });
    }
    return (await this.vault).open(scope, { keyId, wrappedKey, data });
  }
}
