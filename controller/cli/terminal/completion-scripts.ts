// The words of the command as scripts that shells read, so that Tab completes them without starting anything.
import type { Completed, Flag, Value } from './completion-words.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function scriptFor(shell: Shell, commands: readonly Completed[]): string {
  return { bash, zsh, fish }[shell](commands);
}

const namesOf = ({ long, short }: Flag) => (short ? [long, short] : [long]);
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly Completed[]): string {
  const words = (all: readonly string[]) => `_autoresearch_words ${all.map(quoted).join(' ')}`;
  const offered = (value: Value) =>
    value.kind === 'words' ? words(value.words) : value.kind === 'file' ? '_autoresearch_files' : ':';
  const at = (index: string) => ['$', `{COMP_WORDS[${index}]}`].join('');
  const after = commands.flatMap(({ name, flags }) =>
    flags
      .filter(({ value }) => value.kind !== 'none')
      .map((flag) => {
        const typed = namesOf(flag).map((one) => quoted(`${name} ${one}`));
        return `    ${typed.join('|')}) ${offered(flag.value)}; return ;;`;
      }),
  );
  const flagsOf = commands.map(({ name, flags }) => `      ${name}) ${words(flags.flatMap(namesOf))} ;;`);
  const places = commands
    .filter(({ places }) => places[0])
    .map(({ name, places }) => `    ${name}) ${offered(places[0]!)} ;;`);
  return [
    '# Of autoresearch, for bash: eval "$(autoresearch completion bash)"',
    '_autoresearch_words() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(compgen -W "$*" -- "$word"))',
    '}',
    '_autoresearch_files() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(compgen -f -- "$word"))',
    '}',
    '_autoresearch() {',
    `  local word=${at('COMP_CWORD')} command=${at('1')}`,
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" = 1 ]; then',
    `    ${words(commands.map(({ name }) => name))}`,
    '    return',
    '  fi',
    `  case "$command ${at('COMP_CWORD - 1')}" in`,
    ...after,
    '  esac',
    '  case $word in -*)',
    '    case $command in',
    ...flagsOf,
    '    esac',
    '    return ;;',
    '  esac',
    '  case $command in',
    ...places,
    '  esac',
    '}',
    'complete -o filenames -F _autoresearch autoresearch ./autoresearch',
    '',
  ].join('\n');
}

function zsh(commands: readonly Completed[]): string {
  // In a description of zsh's these signs mean something.
  const plain = (text: string) => text.replace(/[[\]:\\]/g, '\\$&');
  const offered = (value: Value, name: string) => {
    if (value.kind === 'none') return '';
    if (value.kind === 'words') return `:${name}:(${value.words.join(' ')})`;
    return `:${name}:${value.kind === 'file' ? '_files' : ''}`;
  };
  const ofCommand = ({ name, flags, places }: Completed) => {
    const told = flags.flatMap((flag) =>
      namesOf(flag).map((one) => quoted(`${one}[${plain(flag.about)}]${offered(flag.value, 'value')}`)),
    );
    const stands = places.map((value, i) => quoted(`${i + 1}${offered(value, 'which')}`));
    return `    ${name}) _arguments ${[...told, ...stands].join(' \\\n      ')} ;;`;
  };
  const described = commands.map(({ name, about }) => `      ${quoted(`${name}:${about}`)}`);
  return [
    '# Of autoresearch, for zsh: eval "$(autoresearch completion zsh)"',
    '_autoresearch() {',
    '  if (( CURRENT == 2 )); then',
    '    local -a commands=(',
    ...described,
    '    )',
    '    _describe command commands',
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...commands.map(ofCommand),
    '  esac',
    '}',
    'compdef _autoresearch autoresearch ./autoresearch',
    '',
  ].join('\n');
}

function fish(commands: readonly Completed[]): string {
  const text = (words: string) => `'${words.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const offered = (value: Value) => {
    if (value.kind === 'none') return '';
    if (value.kind === 'words') return ` -x -a ${text(value.words.join(' '))}`;
    return value.kind === 'file' ? ' -r -F' : ' -x';
  };
  const lines = commands.flatMap(({ name, about, flags, places }) => {
    const here = `complete -c autoresearch -n '__fish_seen_subcommand_from ${name}'`;
    const [place] = places;
    const stands =
      place && place.kind !== 'text'
        ? [`${here}${offered(place).replace(' -x', ' -f').replace(' -r', '')}`]
        : [];
    return [
      `complete -c autoresearch -n __fish_use_subcommand -a ${name} -d ${text(about)}`,
      ...flags.map(
        ({ long, short, about, value }) =>
          `${here} -l ${long.slice(2)}${short ? ` -s ${short.slice(1)}` : ''}${offered(value)} -d ${text(about)}`,
      ),
      ...stands,
    ];
  });
  return [
    '# Of autoresearch, for fish: autoresearch completion fish | source',
    'complete -c autoresearch -f',
    ...lines,
    '',
  ].join('\n');
}
