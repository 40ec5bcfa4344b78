import { ifServed, type Client } from '@sluice/chassis';
import type { KeptDatasource, KeptValues, KeptVariable } from '@sluice/flow';
import type { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import type { Variable } from '@sluice/proto/datasource/v1/variable';
import type { VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { inject, injectable, type InjectionToken } from 'tsyringe';

/** The datasource service, as far as checking flows needs it. */
export type DatasourceClient = Pick<Client<typeof DatasourceServiceService>, 'resolveDatasources'>;
export type VariableClient = Pick<Client<typeof VariableServiceService>, 'resolveVariables'>;
export const DATASOURCES: InjectionToken<DatasourceClient> = Symbol('Datasources');
export const VARIABLES: InjectionToken<VariableClient> = Symbol('Variables');
export const PLATFORM_VALUES: InjectionToken<PlatformValues> = Symbol('PlatformValues');

/** What stands for secrets here, by the type of the variable: the catalog has no master key and needs none to check. */
const MASKS: Readonly<Record<string, string>> = { integer: '0', number: '0', boolean: 'false' };
const MASK = 'secret';

/** The platform's variables and datasources, with masks in the place of secrets. */
@injectable()
export class PlatformValues implements KeptValues {
  constructor(
    @inject(DATASOURCES) private readonly sources: DatasourceClient,
    @inject(VARIABLES) private readonly values: VariableClient,
  ) {}

  async variables(project: string): Promise<KeptVariable[]> {
    const { variables } = await ifServed(this.values.resolveVariables({ project }), { variables: [] });
    return variables.flatMap(({ variable }) => (variable === undefined ? [] : [kept(variable)]));
  }

  async datasources(names: readonly string[]): Promise<KeptDatasource[]> {
    const asked = this.sources.resolveDatasources({ names: [...names] });
    const { datasources } = await ifServed(asked, { datasources: [] });
    return datasources.flatMap(({ datasource }) => {
      if (datasource === undefined) return [];
      const { name, type, properties, secrets } = datasource;
      const masked = Object.fromEntries(secrets.map((each) => [each, MASK]));
      return [{ name, type, values: { ...properties, ...masked }, secretNames: [] }];
    });
  }
}

function kept({ name, value, secret, type }: Variable): KeptVariable {
  return { name, value: secret ? (MASKS[type] ?? MASK) : value, secret: false };
}
