import { SluiceError } from '@sluice/chassis';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session.js';

/** What may follow some words of a command line. */
interface Node {
  /** The words that lead here, such as `runs show`; empty for the beginning. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly about: string }[];
}

/** Prints a script that completes `sluice` in a shell. It is made from the tree of commands, so it cannot drift. */
export async function completion(session: Session, program: Command, shell: string): Promise<void> {
  const nodes = nodesOf(program, '', optionsOf(program));
  const writers: Readonly<Record<string, (nodes: readonly Node[]) => string>> = { bash, zsh, fish };
  const write = writers[shell];
  if (write === undefined) {
    session.exitWith(EXIT.usage);
    throw new SluiceError('REQUEST_INVALID', `'${shell}' is no shell that is known; use bash, zsh or fish`);
  }
  session.out(write(nodes));
}

function optionsOf(command: Command): Node['words'] {
  return command.options.map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description }));
}

function nodesOf(command: Command, path: string, global: Node['words']): Node[] {
  const children = command.commands.map((child) => ({ word: child.name(), about: child.description() }));
  const own = path === '' ? [] : optionsOf(command);
  return [
    { path, words: [...children, ...own, ...global] },
    ...command.commands.flatMap((child) => nodesOf(child, `${path} ${child.name()}`.trim(), global)),
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The longest path of commands that the words before the cursor begin with. */
const FIND_PATH = `  local path="" word
  for word in "\${words_before[@]}"; do
    case " $paths " in *" \${path:+\${path}/}$word "*) path="\${path:+\${path}/}$word" ;; esac
  done`;

function pathsOf(nodes: readonly Node[]): string {
  return nodes
    .map(({ path }) => path.replaceAll(' ', '/'))
    .filter((path) => path !== '')
    .join(' ');
}

function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => {
    return `    ${quoted(path.replaceAll(' ', '/'))}) candidates=${quoted(words.map(({ word }) => word).join(' '))} ;;`;
  });
  return `# sluice completion for bash: eval "$(sluice completion bash)"
_sluice() {
  local paths=${quoted(pathsOf(nodes))} candidates="" current="\${COMP_WORDS[COMP_CWORD]}"
  local words_before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${FIND_PATH}
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o default -F _sluice sluice`;
}

function zsh(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => {
    const items = words.map(({ word, about }) => quoted(`${word}:${about.replaceAll(':', '\\:')}`)).join(' ');
    return `    ${quoted(path.replaceAll(' ', '/'))}) candidates=(${items}) ;;`;
  });
  return `#compdef sluice
# sluice completion for zsh: eval "$(sluice completion zsh)"
_sluice() {
  local paths=${quoted(pathsOf(nodes))}
  local -a candidates words_before
  words_before=("\${(@)words[2,CURRENT-1]}")
${FIND_PATH}
  case "$path" in
${cases.join('\n')}
  esac
  _describe 'sluice' candidates || _files
}
compdef _sluice sluice`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, words }) => {
    const names = path === '' ? [] : path.split(' ');
    const below = nodes.filter((node) => node.path !== path && node.path.startsWith(path === '' ? '' : `${path} `));
    const deeper = below.map((node) => node.path.split(' ')[names.length] ?? '');
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`);
    const unseen = deeper.length > 0 ? [`not __fish_seen_subcommand_from ${[...new Set(deeper)].join(' ')}`] : [];
    const condition = quoted([...seen, ...unseen].join('; and '));
    return words
      .filter(({ word }) => path === '' || !nodes[0]?.words.some((global) => global.word === word))
      .map(({ word, about }) => {
        const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
        return `complete -c sluice -n ${condition} ${what} -d ${quoted(about)}`;
      });
  });
  return `# sluice completion for fish: sluice completion fish | source\n${lines.join('\n')}`;
}
