// What a command may say and do, and what becomes of it: real processes.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Idea } from '../../../controller/core/idea.ts';
import type { Proposed } from '../../../controller/ports.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { briefOn, never, TRAIN_PY } from '../../messages/rig.ts';
import { type CommandRig, IDEA, python, rigOf } from './rig.ts';

async function asked({ proposer }: CommandRig, count = 1): Promise<{ said: Proposed; ideas: Idea[] }> {
  const ideas: Idea[] = [];
  const said = await proposer.propose(briefOn(), count, never, (idea) => ideas.push(idea));
  return { said, ideas };
}

describe('an answer is', () => {
  test.each<[string, string, string]>([
    ['a whole file', 'idea(1)', `${TRAIN_PY}# 1\n`],
    [
      'edits of the file that was given',
      'print(json.dumps({"description": "d", "edits": [{"search": "RATE = 0.5", "replace": "RATE = 0.6"}]}))',
      TRAIN_PY.replace('RATE = 0.5', 'RATE = 0.6'),
    ],
    [
      'the file as it lies in the folder',
      'open("train.py", "a").write("# here\\n"); print(json.dumps({"description": "d"}))',
      `${TRAIN_PY}# here\n`,
    ],
    ['a line among others', 'print("thinking"); print("[1]"); idea(1); print("done")', `${TRAIN_PY}# 1\n`],
    [
      'a last line without its end',
      'sys.stdout.write(json.dumps({"description": "d", "train_py": text + "# e\\n"}))',
      `${TRAIN_PY}# e\n`,
    ],
  ])('%s', async (_, script, trainPy) => {
    const rig = rigOf(python(IDEA + script));
    const { said, ideas } = await asked(rig);
    expect(said.kind).toBe('ideas');
    expect(ideas).toMatchObject([{ trainPy, source: 'command', base: briefOn().tip }]);
  });
});

describe('what cannot be used goes back with the reason, in the same call and in the next brief:', () => {
  const cases: [string, string, RegExp][] = [
    ['no description', '{"train_py": "x"}', /no description/],
    ['a description of nothing', '{"description": " ", "train_py": "x"}', /description is empty/],
    ['both', '{"description": "d", "train_py": "x", "edits": []}', /give one of them/],
    [
      'an edit that is not there',
      '{"description": "d", "edits": [{"search": "absent", "replace": "x"}]}',
      /edit 1 is not in train.py/,
    ],
    ['the file as it is', '{"description": "d"}', /as it was; change something/],
    ['a field of another type', '{"description": 7}', /cannot be read \(description/],
    ['a field that nobody knows', '{"description": "d", "usd_spent": 1}', /usd_spent/],
    ['a negative cost', '{"description": "d", "usd": -1}', /cannot be read \(usd/],
  ];
  test.each(cases)('%s', async (_, line, words) => {
    const script = `${IDEA}
print(${JSON.stringify(line).replaceAll("'", '"')})
sys.stdout.flush()
verdict = json.loads(sys.stdin.readline())
print(json.dumps({"description": verdict["sentence"], "train_py": text + "# mended\\n"}))`;
    const { ideas } = await asked(rigOf(python(script)));
    expect(ideas).toHaveLength(1);
    expect(ideas[0]!.description).toMatch(words);
  });

  test('in the next brief', async () => {
    const script = `${IDEA}
print(json.dumps({"description": "nothing"}), flush=True)
print(json.dumps({"description": brief["refused"][0]["description"] if brief["refused"] else "x", "train_py": text + "# 2\\n" if brief["refused"] else text}))`;
    const rig = rigOf(python(script));
    expect((await asked(rig)).said).toMatchObject({ kind: 'none', retry: true });
    const { said, ideas } = await asked(rig);
    expect(ideas, JSON.stringify(said)).toMatchObject([{ description: 'nothing' }]);
  });

  test('an idea that was never measured, too', async () => {
    const rig = rigOf(
      python(`${IDEA}idea(len(brief["refused"])); print(json.dumps(brief["refused"]), file=sys.stderr)`),
    );
    await asked(rig);
    const { ideas } = await asked(rig);
    expect(ideas[0]!.description).toBe('comment 1');
  });
});

test('ideas come as they are said, more than asked for are not taken, and the end of its input tells it so', async () => {
  const rig = rigOf(
    python(`${IDEA}idea(1); idea(2); idea(3)\nsys.stdin.read()\nprint(json.dumps({"usd": 0.1}))`),
  );
  const { ideas } = await asked(rig, 2);
  expect(ideas.map(({ description }) => description)).toEqual(['comment 1', 'comment 2']);
  expect(await rig.budget.spentUsd()).toBeCloseTo(0.1, 9);
});

describe('what a call counts for, of 0.50 that are reserved:', () => {
  test.each<[string, string, number, RegExp | null]>([
    ['what it tells', 'idea(1, usd=0.125)', 0.125, null],
    ['what it tells in several lines', 'idea(1, usd=0.125); print(json.dumps({"usd": 0.25}))', 0.375, null],
    ['nothing where it says so', 'idea(1)', 0, null],
    [
      'no more than was reserved where it lies',
      'idea(1, usd=1e9)',
      0.5,
      /1000000000\.00 USD.*raise usdPerCall/,
    ],
    ['all of it where it crashes', 'idea(1, usd=0.01); sys.exit(3)', 0.5, null],
    ['all of it where it is killed', 'idea(1, usd=0.01); os.kill(os.getpid(), 9)', 0.5, null],
  ])('%s', async (_, script, usd, told) => {
    const rig = rigOf(python(IDEA + script));
    const { ideas } = await asked(rig);
    expect(ideas).toHaveLength(1);
    expect(await rig.budget.spentUsd()).toBeCloseTo(usd, 9);
    expect(rig.told).toHaveLength(told === null ? 0 : 1);
    if (told) expect(rig.told[0]).toMatch(told);
  });

  test('a cap is never passed, and says what to do', async () => {
    const rig = rigOf(python(`${IDEA}idea(1, usd=0.5)`), { maxUsd: 0.9 });
    await asked(rig);
    expect((await asked(rig)).said).toMatchObject({
      kind: 'none',
      retry: false,
      why: 'limit',
      sentence: expect.stringMatching(/raise --max-usd/),
    });
  });
});

describe('a command that', () => {
  const bad: [string, string, RegExp][] = [
    ['crashes', 'sys.exit("no module")', /exit code 1 and said nothing but "no module"; run it by hand/],
    ['prints garbage', 'print("\\x00\\xff garbage")', /print each idea as one object in a line/],
    [
      'prints JSON over several lines',
      'print(json.dumps({"description": "d"}, indent=1))',
      /one object in a line/,
    ],
    [
      'floods with one line',
      'sys.stdout.write("x" * (5 << 20))\nsys.stdout.flush()\nimport time; time.sleep(100)',
      /wrote more than anybody reads/,
    ],
    ['floods with lines', 'while True: print("x")', /wrote more than anybody reads/],
    ['floods with errors', 'while True: sys.stderr.write("x" * 65536)', /wrote more than anybody reads/],
    ['says nothing', 'pass', /exit code 0 and said nothing/],
  ];
  test.each(bad)(
    '%s is told in a sentence, asked again after a pause, and ends the lane after five',
    async (_, script, words) => {
      const rig = rigOf(python(IDEA + script), { usdPerCall: 0 });
      for (let n = 1; n <= 5; n++) {
        const { said } = await asked(rig);
        if (said.kind !== 'none') throw new Error('it has an idea');
        expect(said.sentence).toMatch(words);
        expect(said.retry).toBe(n < 5);
        if (n === 1) expect(said.afterMs).toBeGreaterThan(0);
        else expect(said.why ?? 'misconfigured').toBe('misconfigured');
      }
    },
  );

  test('hangs is killed at its deadline with all that it started, and counts in full', async () => {
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const rig = rigOf('sleep 300 & echo "$!" >&2; sleep 300', { clock });
    const { said } = await asked(rig);
    expect(said).toMatchObject({ sentence: expect.stringMatching(/was ended after 60 s/) });
    expect(await rig.budget.spentUsd()).toBe(0.5);
  });

  test('is not there is told', async () => {
    const { said } = await asked(rigOf('no-such-agent --print'));
    expect(said).toMatchObject({ sentence: expect.stringMatching(/exit code 127.*not found/) });
  });

  test('leaves nothing behind', async () => {
    const before = new Set(await readdir(tmpdir()));
    await asked(
      rigOf(python(`${IDEA}idea(1); open("left", "w"); os.mkdir("folder"); os.chmod("folder", 0o500)`)),
    );
    const left = (await readdir(tmpdir())).filter(
      (name) => name.startsWith('autoresearch-call-') && !before.has(name),
    );
    expect(left).toEqual([]);
  });

  test('gives a link for its file gives nothing away', async () => {
    const script = `${IDEA}os.remove("train.py"); os.symlink("/etc/hostname", "train.py"); print(json.dumps({"description": "d"}))`;
    expect((await asked(rigOf(python(script)))).said).toMatchObject({
      sentence: expect.stringMatching(/no train.py can be read/),
    });
  });
});

test('it sees no variable but those it is given, and has its home in its folder', async () => {
  process.env.A_KEY_OF_THE_STORE = 'secret';
  const rig = rigOf(
    python(
      `${IDEA}print(json.dumps({"description": json.dumps(sorted(os.environ)), "train_py": os.environ["HOME"] == os.getcwd() + "/home" and text + "# home"}))`,
    ),
    {
      env: { PATH: process.env.PATH!, MODEL_KEY: 'k' },
    },
  );
  const { ideas } = await asked(rig);
  delete process.env.A_KEY_OF_THE_STORE;
  const names = JSON.parse(ideas[0]!.description).filter(
    (name: string) => !['LC_CTYPE', 'PWD', 'SHLVL', '_', 'OLDPWD'].includes(name),
  );
  expect(names).toEqual(['HOME', 'LANG', 'MODEL_KEY', 'PATH', 'TMPDIR']);
});

describe('behind harness/hide.py', () => {
  test('it reads no hidden file, changes none but its own, and looks into no other process', async () => {
    const secret = await mkdtemp(join(tmpdir(), 'hidden-'));
    await writeFile(join(secret, 'text'), 'the validation text');
    const tries = `${IDEA}
found = []
def attempt(name, work):
    try:
        work()
        found.append(name)
    except OSError:
        pass
attempt("read", lambda: open("${secret}/text").read())
attempt("list", lambda: os.listdir("${secret}"))
attempt("up", lambda: open("${secret}/../" + os.path.basename("${secret}") + "/text").read())
attempt("write", lambda: open("${checkout.root}/left-by-a-command", "w"))
attempt("environ", lambda: open("/proc/${process.pid}/environ").read())
attempt("memory", lambda: open("/proc/${process.pid}/mem", "rb"))
attempt("root", lambda: os.listdir("/proc/${process.pid}/root${secret}"))
attempt("signal", lambda: os.kill(${process.pid}, 0))
os.symlink("${secret}/text", "link")
attempt("link", lambda: open("link").read())
attempt("own", lambda: open("mine", "w"))
attempt("tools", lambda: open("/usr/bin/env", "rb").read(1))
print(json.dumps({"description": " ".join(found), "train_py": text + "# x\\n"}))`;
    const hide = ['python3', '-I', checkout.hide, '--hide', secret];
    const { said, ideas } = await asked(
      rigOf(python(tries), { behind: (own) => [...hide, '--own', own, '--'] }),
    );
    await rm(secret, { recursive: true });
    expect(said.kind, JSON.stringify(said)).toBe('ideas');
    expect(ideas[0]!.description).toBe('own tools');
    expect(existsSync(join(checkout.root, 'left-by-a-command'))).toBe(false);
  });
});

test('while as many calls run as may at a time, another request waits for a free place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'command-'));
  const script = `${IDEA}open("${folder}/"+str(os.getpid()), "x").close()
assert len(os.listdir("${folder}")) == 1, "two at a time"
idea(os.getpid())
os.remove("${folder}/"+str(os.getpid()))`;
  const { proposer, told } = rigOf(python(script));
  const both = await Promise.all([1, 2].map(() => proposer.propose(briefOn(), 1, never)));
  await rm(folder, { recursive: true });
  expect(
    both.map(({ kind }) => kind),
    told.join(),
  ).toEqual(['ideas', 'ideas']);
});
