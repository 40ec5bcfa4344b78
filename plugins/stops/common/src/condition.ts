import { isSluiceError, SluiceError, type Dataset, type Engine } from '@sluice/plugin-sdk';

/**
 * The rows for which a condition in Spark SQL is true. Errors name the property and the place in it.
 *
 * @param property the property that has the condition
 */
export async function whereTrue(
  engine: Engine,
  dataset: Dataset,
  condition: string,
  property: string,
): Promise<Dataset> {
  const stray = strayParenthesis(condition);
  if (stray !== undefined) {
    const before = condition.slice(0, stray).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    const fault = "a ')' closes what was not opened";
    const message = `${property} '${condition.trim()}': ${fault} (line ${place.line}, column ${place.column})`;
    throw new SluiceError('SQL_SYNTAX', message, {
      problems: [{ reason: 'SQL_SYNTAX', message: fault, property, ...place }],
    });
  }
  try {
    // On lines of its own, so that a comment at its end ends with it, and that its places are easily told.
    return await engine.sql(`SELECT * FROM input WHERE (\n${condition}\n)`, { input: dataset });
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      property,
      ...(problem.line !== undefined && placeIn(condition, problem.line - 1, problem.column ?? 1)),
    }));
    const [first] = problems;
    if (first === undefined) throw error;
    const place = first.line === undefined ? '' : ` (line ${first.line}, column ${first.column ?? 1})`;
    const message = `${property} '${condition.trim()}': ${first.message}${place}`;
    const details = { ...error.details, ...(first.line !== undefined && { line: String(first.line) }) };
    throw new SluiceError(error.reason, message, { details, problems, cause: error });
  }
}

/** A place in the condition: what is missing at its end is told there. */
function placeIn(condition: string, line: number, column: number): { line: number; column: number } {
  const lines = condition.split('\n');
  if (line <= lines.length) return { line: Math.max(line, 1), column };
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

/** Quoted texts and names, comments, and parentheses. */
const PARTS = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`[^`]*`|--[^\n]*|\/\*[^]*?\*\/|[()]/g;

/**
 * Where a parenthesis closes what the condition did not open: what follows would be read as SQL behind the condition.
 * Undefined when there is none.
 */
function strayParenthesis(condition: string): number | undefined {
  let depth = 0;
  for (const { 0: part, index } of condition.matchAll(PARTS)) {
    if (part === '(') depth++;
    if (part === ')' && --depth < 0) return index;
  }
  return undefined;
}
