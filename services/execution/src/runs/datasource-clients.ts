import type { Client } from '@sluice/chassis';
import type { DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import type { VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';

/** The datasource service, as far as runs need it. */
export type DatasourceClient = Pick<Client<typeof DatasourceServiceService>, 'resolveDatasources'>;
export type VariableClient = Pick<Client<typeof VariableServiceService>, 'resolveVariables'>;
