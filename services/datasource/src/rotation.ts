import type { Vault } from '@sluice/chassis';
import { inject, injectable } from 'tsyringe';
import { Datasources } from './datasources/datasources.service.js';
import { VAULT } from './tokens.js';
import { Variables } from './variables/variables.service.js';

/** Puts everything that is secret under new keys while the platform runs. */
@injectable()
export class Rotation {
  constructor(
    @inject(Datasources) private readonly datasources: Datasources,
    @inject(Variables) private readonly variables: Variables,
    @inject(VAULT) private readonly vault: Vault,
  ) {}

  async rotate(): Promise<{ keyId: string; count: number }> {
    const count = (await this.datasources.rotate()) + (await this.variables.rotate());
    return { keyId: this.vault.keyId, count };
  }
}
