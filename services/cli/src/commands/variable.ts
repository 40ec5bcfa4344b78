import { SluiceError } from '@sluice/chassis';
import { Variable } from '@sluice/proto/datasource/v1/variable';
import { SetVariableRequest, VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { readSecrets } from '../secret-input.js';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';

/** The options of `sluice variable set`. */
export interface VariableSetOptions {
  readonly project?: string;
  readonly type?: string;
  readonly description?: string;
  /** Whether the value is asked for, or comes from standard input. */
  readonly secret?: boolean;
}

async function clientOf(session: Session) {
  return (await session.connect()).get(VariableServiceService);
}

/** Makes a variable or changes it. */
export async function setVariable(
  session: Session,
  options: VariableSetOptions,
  name: string,
  value?: string,
): Promise<void> {
  const secret = options.secret === true;
  if (secret === (value !== undefined)) {
    const message = secret
      ? 'a secret value is no argument, which others can read: leave it out, and it is asked for'
      : `give the value: sluice variable set ${name} VALUE`;
    throw new SluiceError('REQUEST_INVALID', message);
  }
  const given = secret ? (await readSecrets(session, { secret: [name] }))[name] : value;
  const { project = '', type = '', description = '' } = options;
  const request = SetVariableRequest.fromPartial({ name, project, type, description, secret, value: given ?? '' });
  const { variable } = await (await clientOf(session)).setVariable(request);
  if (session.json) return session.outJson(Variable.toJSON(variable ?? Variable.fromPartial({})));
  if (!session.quiet)
    session.out(`${session.style.good('✓')} ${session.texts.datasource.saved(name, variable?.version ?? 1)}`);
}

/** Lists variables. */
export async function listVariables(session: Session, options: { readonly project?: string }): Promise<void> {
  const { variables } = await (await clientOf(session)).listVariables({ project: options.project ?? '' });
  if (session.json) return variables.forEach((each) => session.outJson(Variable.toJSON(each)));
  if (variables.length === 0) return session.err(session.texts.datasource.noVariables);
  const { columns } = session.texts.words;
  const titles = [columns.name, session.texts.datasource.project, columns.type, columns.value, columns.meaning];
  const rows = variables.map((each) => [
    each.name,
    each.project,
    each.type,
    each.secret ? '••••••' : printable(each.value),
    printable(each.description),
  ]);
  session.out(
    ...table(
      titles.map((title) => ({ title })),
      rows,
      session.width,
      session.style.dim,
    ),
  );
}

/** Deletes a variable. */
export async function removeVariable(
  session: Session,
  options: { readonly project?: string },
  name: string,
): Promise<void> {
  await (await clientOf(session)).deleteVariable({ name, project: options.project ?? '' });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.datasource.removed(name));
}
