// What `--help` shows below a command's options: lines that can be typed, each with what it does.
import type { Command } from 'commander';

/** By command: what is typed, without the name of the program, and what it does. */
export const examples: Readonly<Record<string, readonly (readonly [typed: string, does: string])[]>> = {
  dev: [
    ['dev --experiments 24', '24, then stop'],
    ['dev --lane wide --from main:best', "from main's best file"],
    ['dev --notify https://chat.example/T0', 'tell a chat of keeps'],
    ['dev --proposer anthropic --max-usd 5', 'Claude, for 5 dollars'],
  ],
  run: [
    ['run', 'the newest keep'],
    ['run my_train.py --budget 2', 'your own file, for 2 seconds'],
  ],
  up: [
    ['up --config lab.yaml --dry-run', 'print the Jobs'],
    ['up --config lab.yaml --context my-cluster', 'run the lanes'],
  ],
  status: [
    ['status', 'lanes here'],
    ['status --context my-cluster --namespace lab', 'of a cluster'],
  ],
  list: [
    ['list --kept --last 20', 'the newest 20 keeps'],
    ['list --since 2h --sort bpb', 'of the last two hours, best first'],
    ['list -o tsv', 'all rows, for a program'],
  ],
  show: [
    ['show best', 'verdict, reason and edit'],
    ['show 3..20', 'several'],
    ['show 1 --train-py', 'the file that was measured'],
  ],
  diff: [
    ['diff baseline tip', 'all that was gained, as one edit'],
    ['diff 3 7', 'between two experiments'],
  ],
  prompt: [
    ['prompt', 'Claude, next'],
    ['prompt --at 12', 'after experiment 12'],
    ['prompt --proposer openai --model mine', 'another model'],
  ],
  logs: [
    ['logs last', 'of the newest experiment'],
    ['logs 7 -f', 'until its run ends'],
  ],
  page: [
    ['page', 'read only'],
    ['page --port 8080 --steering', 'with buttons'],
  ],
  export: [
    ['export out', 'into the new folder out'],
    ['export out --force --redact', 'again; report.html tells less'],
  ],
  replay: [
    ['replay --times 3', 'three times each'],
    ['replay --unseen', 'on text that decided nothing yet'],
  ],
  doctor: [
    ['doctor', 'this machine'],
    ['doctor --trainer gpu', 'for a GPU'],
    ['doctor --context my-cluster --config lab.yaml', 'a cluster'],
  ],
  guide: [
    ['guide "WIDTH <= 192"', 'a bound for any proposer'],
    ['guide "try other optimizers"', 'words for a model'],
    ['guide ""', 'no guidance any more'],
  ],
  limit: [
    ['limit --hours 8', 'stop after 8 machine hours in all'],
    ['limit --experiments none', 'no such limit any more'],
  ],
  try: [['try my_train.py -m "CONTEXT 6"', 'the next experiment']],
  retract: [['retract tip -m "luck"', 'back behind the newest keep']],
  import: [
    ['import results.tsv', 'rows from elsewhere'],
    ['import --forget', 'without them again'],
  ],
  archive: [
    ['archive --lane wide', 'ask, then move lane wide away'],
    ['archive --lane wide --yes', 'move it without a question'],
  ],
  remove: [
    ['remove --lane wide', 'ask, then delete lane wide'],
    ['remove --lane wide --yes', 'delete it without a question'],
  ],
  completion: [
    ['completion bash', 'a script for bash'],
    ['completion fish', 'a script for fish: pipe it into source'],
  ],
};

/** Adds its examples to the help of each command. */
export function withExamples(program: Command): void {
  for (const command of program.commands) {
    const lines = examples[command.name()];
    if (lines) command.addHelpText('after', `\nExamples:\n${lined(lines, '  autoresearch ').join('\n')}`);
  }
}

/** With what each does as a comment, one below the other. */
export function lined(lines: readonly (readonly [string, string])[], before: string): string[] {
  const width = Math.max(...lines.map(([typed]) => typed.length));
  return lines.map(([typed, does]) => `${before}${typed.padEnd(width)}  # ${does}`);
}
