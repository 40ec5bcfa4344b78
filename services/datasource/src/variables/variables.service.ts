import { SluiceError, type Vault } from '@sluice/chassis';
import type * as wire from '@sluice/proto/datasource/v1/variable_service';
import { inject, injectable } from 'tsyringe';
import { VAULT } from '../tokens.js';
import { VariableStore, type VariableRecord } from './variables.store.js';

const NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
const MOST_CHARACTERS = 100_000;

const TYPES: Readonly<Record<string, (value: string) => boolean>> = {
  text: () => true,
  integer: (value) => /^[+-]?\d+$/.test(value.trim()),
  number: (value) => value.trim() !== '' && Number.isFinite(Number(value)),
  boolean: (value) => /^(true|false)$/i.test(value.trim()),
};

/** The rules of variables. */
@injectable()
export class Variables {
  constructor(
    @inject(VariableStore) private readonly store: VariableStore,
    @inject(VAULT) private readonly vault: Vault,
  ) {}

  async set(request: wire.SetVariableRequest): Promise<VariableRecord> {
    const { name, project, value, secret, description, expectedVersion } = request;
    const type = request.type === '' ? 'text' : request.type;
    check(name, project, type, value, secret);
    return this.store.save(name, project, (before) => {
      const version = before?.version ?? 0;
      if (expectedVersion !== 0 && expectedVersion !== version) {
        const message = `the variable '${name}' is at version ${version} and not at ${expectedVersion}; look at it and save it with that version`;
        throw new SluiceError('VERSION_CONFLICT', message, { details: { variable: name, version: String(version) } });
      }
      return {
        name,
        project,
        type,
        value: secret ? '' : value,
        secret,
        description,
        sealed: secret ? this.vault.seal(scopeOf(name, project), { value }) : undefined,
        version: version + 1,
        updateTime: new Date(),
      };
    });
  }

  list(project: string): Promise<VariableRecord[]> {
    return this.store.list(project === '' ? undefined : [project]);
  }

  async delete(name: string, project: string): Promise<void> {
    if (await this.store.delete(name, project)) return;
    const scope = project === '' ? 'for all flows' : `in the project '${project}'`;
    throw new SluiceError('VARIABLE_NOT_FOUND', `there is no variable '${name}' ${scope}`, {
      details: { variable: name },
    });
  }

  /** What the runs of a project see: each name once, the project's own first. */
  async resolve(project: string): Promise<VariableRecord[]> {
    const found = await this.store.list(project === '' ? [''] : ['', project]);
    const byName = new Map<string, VariableRecord>();
    for (const record of found) if (record.project !== '' || !byName.has(record.name)) byName.set(record.name, record);
    return [...byName.values()];
  }

  /** Puts every secret one under a new data key and the present master key; gives their number. */
  async rotate(): Promise<number> {
    const secrets = (await this.store.list()).filter(({ secret }) => secret);
    for (const { name, project } of secrets) {
      await this.store.save(name, project, (before) => {
        if (before?.sealed === undefined)
          throw new SluiceError('VARIABLE_NOT_FOUND', `the variable '${name}' went meanwhile`);
        const scope = scopeOf(name, project);
        return { ...before, sealed: this.vault.seal(scope, this.vault.open(scope, before.sealed)) };
      });
    }
    return secrets.length;
  }
}

/** What a variable's secret is bound to. */
function scopeOf(name: string, project: string): string {
  return `variable:${project}/${name}`;
}

function check(name: string, project: string, type: string, value: string, secret: boolean): void {
  const wrong = (message: string): never => {
    throw new SluiceError('REQUEST_INVALID', message);
  };
  if (!NAME.test(name) || name.length > 100) {
    wrong(`'${name.slice(0, 100)}' is no name of a variable: letters, digits, _ . and -, beginning with a letter or _`);
  }
  if (project.length > 100) wrong('the name of a project has at most 100 characters');
  const fits = TYPES[type];
  if (fits === undefined)
    return wrong(`there is no type '${type}' of variables; there are ${Object.keys(TYPES).join(', ')}`);
  if (value.length > MOST_CHARACTERS) wrong(`the value has more than ${MOST_CHARACTERS} characters`);
  if (!fits(value)) wrong(`${secret ? 'the value' : `'${value.slice(0, 100)}'`} is no ${type}`);
}
