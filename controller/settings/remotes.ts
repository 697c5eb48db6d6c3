// What the command line says of places that are not on this machine: the store and the frontier.
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { type FrontierFlags, type FrontierSettings, frontierFlags, frontierShape } from './frontier.ts';
import { refusalOf } from './refusal.ts';
import { type StoreFlags, type StoreSettings, storeFlags, storeShape } from './store.ts';

export interface RemoteFlags extends StoreFlags, FrontierFlags {}

export interface RemoteSettings {
  readonly store: StoreSettings;
  readonly frontier: FrontierSettings;
}

export const remotesShape = z.strictObject({ store: storeShape, frontier: frontierShape });

/** The settings of a command that reads no file. Throws Failure 2. */
export function remoteSettings(flags: RemoteFlags): RemoteSettings {
  const given = { store: storeFlags(flags), frontier: frontierFlags(flags) };
  const parsed = remotesShape.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Failure(2, `the flags cannot be used:\n${refusalOf(parsed.error, given, {})}\nSee --help.`);
}
