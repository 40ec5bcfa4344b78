import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { EXIT } from './exit-codes.js';
import { createProgram } from './program.js';
import { en } from './texts/en.js';

const REFERENCE = readFileSync(new URL('../../../deploy/README.md', import.meta.url), 'utf8');

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

describe('the reference in deploy/README.md', () => {
  test('names every command', () => {
    for (const command of leavesOf(createProgram(en, 'en'))) {
      const parent = command.parent?.parent === null ? '' : `${command.parent?.name()}.*`;
      expect(REFERENCE).toMatch(new RegExp(`^\\| \`sluice .*${parent}\\b${command.name()}\\b.*\\|`, 'm'));
    }
  });

  test('has the exit codes that there are', () => {
    const told = [...REFERENCE.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(told).toEqual(Object.values(EXIT));
  });
});
