// `autoresearch dev`: the real loop on embedded parts, for one machine.
import { rm } from 'node:fs/promises';
import { STOPPED } from '../core/decide.ts';
import { Failure } from '../failure.ts';
import type { Stop } from '../loop/context.ts';
import { runLane } from '../loop/loop.ts';
import { type Observer, observeAll } from '../loop/observer.ts';
import { StatusFile } from '../observers/status-file.ts';
import type { DevConfig, DevLane } from '../settings/dev.ts';
import { type LaneSettings, laptopDefaults } from '../settings/lane.ts';
import type { ProposerSetting } from '../settings/proposer.ts';
import type { RemoteSettings } from '../settings/remotes.ts';
import { mendFrontier } from '../wiring/frontier.ts';
import { readAt } from '../wiring/lane-reader.ts';
import { noteRemotes, remotesToRun } from '../wiring/lane-remotes.ts';
import { budgetUsed } from '../wiring/live-log.ts';
import { type LocalGpus, localGpus } from '../wiring/local-gpus.ts';
import { openLane } from '../wiring/local-lane.ts';
import { lock } from '../wiring/lock.ts';
import { closeSecrets } from '../wiring/modes.ts';
import type { LanePaths } from '../wiring/paths.ts';
import { whyUnsealed } from '../wiring/sealing.ts';
import { openStore, storedAt } from '../wiring/store.ts';
import { begunLane } from './begin-from.ts';
import { foldersOf } from './dev-folder.ts';
import { exitCodeOf } from './exit-codes.ts';
import { interruptedBy } from './interrupt.ts';
import { noticesTo } from './notices.ts';
import { devPage, type OwnPage } from './own-page.ts';
import { worthWords } from './read/noise-cells.ts';
import { Screen } from './screen.ts';
import { person } from './steer/steering.ts';
import { shortly } from './terminal/terminal.ts';

/** For a machine that loses every run: a minute and a quarter, where nobody sits at a terminal and mends it. */
const UNATTENDED_WAITS = 2;

export interface DevOutput {
  readonly output: 'table' | 'json';
  readonly plain: boolean;
  /** Where a person is told of keeps, a plateau and the end. */
  readonly notify?: string | undefined;
}

/** A notice may take so long after the end, and less where a person has asked for that. */
const NOTICES_MS = { ended: 10_000, asked: 1000 };

/** Runs all lanes until each stops. Ctrl-C ends proposing; runs under way go on and are adopted next time. */
export async function dev(given: DevConfig, shown: DevOutput): Promise<void> {
  const screen = new Screen({ ...shown, named: given.lanes.length > 1 });
  const notices = await noticesTo(shown.notify, (sentence) => screen.say(sentence, 'yellow'));
  const paths = await foldersOf(given);
  const unlock = await lock(paths.lock);
  const ending = new AbortController();
  const deaf = interruptedBy(ending);
  let page: OwnPage | null = null;
  const ticking = setInterval(() => screen.status(), 1000);
  try {
    await closeSecrets(paths);
    const placed = { ...given, ...(await remotesOfRuns(given, paths)) };
    for (const { name } of given.lanes) await mendFrontier(placed.frontier, paths, name);
    const config = { ...placed, lanes: await resumedLanes(placed, paths) };
    for (const line of await sealing(config, paths)) screen.say(line, 'yellow');
    for (const line of header(config, paths)) screen.say(line);
    const gpus = await localGpus(config, paths);
    page = await devPage(config, paths);
    if (page) screen.say(`  page      ${page.link}`);
    const used = (lane: string) => (experiment: string, attempt: number) =>
      budgetUsed(paths, lane, experiment, attempt);
    const observer = (lane: string) =>
      observeAll(
        screen.lane(lane, used(lane)),
        ...(page ? [page.observer(lane)] : []),
        ...(notices ? [notices.observer(lane)] : []),
      );
    const lanes = config.lanes.map((lane) =>
      runOne(lane, config, paths, gpus, observer(lane.name), ending.signal),
    );
    // The folder is unlocked only once no lane works in it any more.
    for (const lane of lanes) lane.catch(() => ending.abort());
    await Promise.allSettled(lanes);
    screen.end();
    const stops = await Promise.all(lanes);
    for (const [i, stop] of stops.entries()) notices?.stopped(config.lanes[i]!.name, stop);
    const pictureOf = (lane: string) => `${shortly(storedAt(config.store, paths.store, lane))}/progress.svg`;
    const worth = config.ephemeral ? new Map<string, string>() : await worthOfEach(config, paths);
    conclude(stops, config, screen, pictureOf, worth);
  } finally {
    clearInterval(ticking);
    screen.end();
    deaf();
    await page?.close();
    await notices?.close(ending.signal.aborted ? NOTICES_MS.asked : NOTICES_MS.ended);
    await unlock();
    if (given.ephemeral) await rm(paths.dir, { recursive: true, force: true });
  }
}

/** Where they are run: as they were begun, where nothing is given. Throws Failure 2 where something else is. */
function remotesOfRuns({ lanes, store, frontier }: DevConfig, paths: LanePaths): Promise<RemoteSettings> {
  const names = lanes.map(({ name }) => name);
  return remotesToRun(paths, names, { store, frontier });
}

/** As they were begun. Throws Failure 2, before any run, where something else is given now. */
async function resumedLanes(config: DevConfig, paths: LanePaths): Promise<DevLane[]> {
  const store = await openStore(config.store, paths.store);
  const lanes: DevLane[] = [];
  for (const lane of config.lanes) {
    const same = await begunLane(lane, { paths, store, settings: config }, laptopDefaults.wallAtLeast);
    if (typeof same === 'string') throw new Failure(2, same);
    lanes.push(same);
  }
  return lanes;
}

/** Nothing where the runs are sealed. */
async function sealing(config: DevConfig, paths: LanePaths): Promise<string[]> {
  const why = await whyUnsealed(config.lanes[0]!, paths);
  return why === null
    ? []
    : [
        'NOT SEALED: train.py can read the validation text here, so run no file that you would not trust',
        `  why       ${why.join('; ')}`,
        '  to seal   use Linux 6.12 or later, or be root and keep this checkout and --dir where every user may pass, as in /opt',
      ];
}

async function runOne(
  lane: DevLane,
  config: DevConfig,
  paths: LanePaths,
  gpus: LocalGpus,
  observer: Observer,
  ending: AbortSignal,
): Promise<Stop> {
  let wake = () => {};
  const { name } = lane;
  const status = new StatusFile(
    paths.status(name),
    (sentence) => observer.happened({ kind: 'trouble', sentence }),
    { holder: `process ${process.pid} of ${person()}`, pool: 'this machine', commands: [] },
  );
  const seen = observeAll(observer, status.observer);
  const opening = openLane(lane, config, paths, gpus.get(name), seen, () => wake(), ending);
  const context = await unlessEnding(opening, ending, seen);
  if (context) await noteRemotes(paths, name, { store: config.store, frontier: config.frontier });
  const patience = process.stderr.isTTY ? undefined : UNATTENDED_WAITS;
  const patient = context && { ...context, ...(patience !== undefined && { patience }) };
  const stop: Stop = patient
    ? await runLane(patient, ending, (now) => {
        wake = now;
      })
    : { reason: 'asked', sentence: STOPPED };
  status.stopped(stop);
  await status.settled();
  if (config.ephemeral && context)
    for (const run of await context.executor.list(name)) await context.executor.remove(run);
  return stop;
}

/** Null where it failed once we were asked to stop: the same Ctrl-C ends what is just being made ready. */
async function unlessEnding<T>(work: Promise<T>, ending: AbortSignal, observer: Observer): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!ending.aborted) throw error;
    observer.happened({
      kind: 'broken off',
      sentence: `while the lane stopped: ${(error as Error).message}`,
    });
    return null;
  }
}

/** Whether what each lane gained is real, by name; a lane that kept nothing is left out. */
async function worthOfEach(
  { lanes, store, frontier }: DevConfig,
  paths: LanePaths,
): Promise<ReadonlyMap<string, string>> {
  const worth = new Map<string, string>();
  for (const { name } of lanes) {
    const words = await worthWords(await readAt(paths, { store, frontier }, name));
    if (words !== null) worth.set(name, words);
  }
  return worth;
}

/** What came of each lane, and why it ended, last. */
function conclude(
  stops: readonly Stop[],
  config: DevConfig,
  screen: Screen,
  pictureOf: (lane: string) => string,
  worth: ReadonlyMap<string, string>,
): void {
  screen.close(config.ephemeral ? null : pictureOf, worth);
  for (const [i, stop] of stops.entries()) screen.conclude(config.lanes[i]!.name, stop, !config.ephemeral);
  // Said above, with its lane. What went wrong is more than that somebody asked for the end.
  const codes = stops.map(exitCodeOf).filter((code) => code !== 0);
  const code = codes.find((one) => one !== 130) ?? codes[0];
  if (code !== undefined) throw new Failure(code, '');
}

function header(config: DevConfig, paths: LanePaths): string[] {
  const trainers = new Set(config.lanes.map(trainerLine));
  return [
    'autoresearch: one machine, one file, one number',
    `  folder    ${paths.dir}${config.ephemeral ? ' (removed at the end)' : ''}`,
    ...config.lanes.flatMap(({ name }) => placesOf(name, config, paths)),
    ...new Set(config.lanes.map(textLine)),
    ...trainers,
    `  proposer  ${who(config.proposer)}`,
    config.ephemeral
      ? 'Ctrl-C stops; all of it is removed then. Leave out --ephemeral to keep it.'
      : 'Ctrl-C stops; run it again to go on. In a second terminal: autoresearch status',
  ];
}

function placesOf(lane: string, config: DevConfig, paths: LanePaths): string[] {
  const stored = storedAt(config.store, paths.store, lane);
  return [
    `  frontier  ${config.frontier.url || shortly(paths.frontier(lane))} (branch autoresearch/${lane})`,
    `  rows      ${shortly(stored)}/results.tsv`,
    `  picture   ${shortly(stored)}/progress.svg`,
  ];
}

function textLine({ text }: DevLane): string {
  return `  text      ${text ?? 'made up by a byte chain, which is no language; --text takes yours'}`;
}

function trainerLine({ trainer, budgetSeconds, width }: LaneSettings): string {
  return `  trainer   ${trainer.toUpperCase()}, ${budgetSeconds} s of training per run, ${width} at a time`;
}

function who(proposer: ProposerSetting): string {
  if (proposer === 'none') return 'none: it waits for autoresearch try FILE -m TEXT';
  if (typeof proposer === 'string') return `${proposer}: no key is used and no money is spent`;
  const cap =
    proposer.maxUsd === null ? 'no money is spent' : `at most ${proposer.maxUsd} USD per lane, in all`;
  if ('mix' in proposer) return `${Object.keys(proposer.mix).join(' and ')}: ${cap}`;
  return `${proposer.kind === 'command' ? proposer.command : proposer.model}: ${cap}`;
}
