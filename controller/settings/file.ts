// A settings file: YAML that holds a mapping.
import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { Failure } from '../failure.ts';

/** Throws Failure 2 where there is no such file, or nothing in it that settings could be. */
export async function readSettings(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) throw new Failure(2, `there is no config file ${file}; check the path after --config`);
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new Failure(
      2,
      `${file} is not YAML: ${(error as Error).message.split('\n')[0]}; correct that line`,
    );
  }
  if (!isObject(value)) throw new Failure(2, `${file} holds no settings; write lines such as "width: 2"`);
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
