import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../program.js';
import type { Session } from '../session.js';
import { en } from '../texts/en.js';
import { completion } from './completion.js';

async function scriptFor(shell: string): Promise<string> {
  const lines: string[] = [];
  const session = { out: (...more: string[]) => void lines.push(...more), exitWith: () => undefined };
  await completion(session as unknown as Session, createProgram(en, 'en'), shell);
  return lines.join('\n');
}

/** What bash would offer after these words; the last is the one being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const script = await scriptFor('bash');
  const list = words.map((word) => `'${word}'`).join(' ');
  const run = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', run], { encoding: 'utf8' }).trim().split('\n');
}

describe('completion', () => {
  test('bash offers commands, what is below them, and options', async () => {
    expect(await offered('sluice', 'ru')).toEqual(['run', 'runs']);
    expect(await offered('sluice', 'flow', 'ex')).toEqual(['export']);
    expect(await offered('sluice', '--json', 'runs', 'show', '--q')).toEqual(['--quiet']);
    expect(await offered('sluice', 'run', 'flow.json', '--det')).toEqual(['--detach']);
    expect(await offered('sluice', 'flow', 'export', '--fo')).toEqual(['--format']);
  });

  test('zsh and fish scripts name every command', async () => {
    for (const shell of ['zsh', 'fish']) {
      const script = await scriptFor(shell);
      for (const name of ['stop-types', 'validate', 'watch', 'doctor']) expect(script).toContain(name);
    }
  });

  test('an unknown shell is refused with those there are', async () => {
    await expect(scriptFor('tcsh')).rejects.toThrow('bash, zsh or fish');
  });
});
