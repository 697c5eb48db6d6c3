// What is asked of each model of a setting, where the setting leaves it to the model.
import { describe, expect, test } from 'vitest';
import type { ClaudeSetting } from '../../controller/settings/claude.ts';
import { proposerSchema } from '../../controller/settings/proposer.ts';
import {
  credentialsOf,
  deadlineSeconds,
  keyOf,
  modelsOf,
  pricesOf,
} from '../../controller/wiring/proposers/claude-models.ts';

const setting = (given: object) =>
  proposerSchema.parse({ kind: 'anthropic', maxUsd: 5, ...given }) as ClaudeSetting;
const free = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

describe('effort and room', () => {
  test.each<[string, object, string | null, number, number]>([
    ['Opus 5.5 thinks as it does by itself, which is medium', {}, null, 16_000, 600],
    [
      'Sonnet 5.5 thinks as it does by itself, which is high',
      { model: 'claude-sonnet-5-5' },
      null,
      32_000,
      1185,
    ],
    ['what is set is asked for', { effort: 'xhigh' }, 'xhigh', 64_000, 2370],
    [
      'an old setting is what it was',
      { effort: 'medium', maxOutputTokens: 16_000, deadlineSeconds: 600 },
      'medium',
      16_000,
      600,
    ],
  ])('%s', (_, given, effort, tokens, seconds) => {
    expect(modelsOf(setting(given))).toMatchObject([{ effort, maxOutputTokens: tokens }]);
    expect(Math.floor(deadlineSeconds(setting(given)))).toBe(seconds);
  });

  test('each of several models has its own', () => {
    const models = [
      { model: 'claude-sonnet-5-5', effort: 'low' },
      { model: 'claude-opus-5', maxOutputTokens: 8000 },
    ];
    expect(modelsOf(setting({ effort: 'max', models }))).toMatchObject([
      { model: 'claude-opus-5-5', effort: 'max', maxOutputTokens: 64_000 },
      { model: 'claude-sonnet-5-5', effort: 'low', maxOutputTokens: 16_000 },
      { model: 'claude-opus-5', effort: null, maxOutputTokens: 8000 },
    ]);
  });
});

describe('the price of a model that nobody knows', () => {
  test('must be given, and may be nothing', () => {
    const unknown = setting({ models: [{ model: 'local-7b' }] });
    expect(() => pricesOf(unknown, 'local-7b')).toThrow(
      /price of local-7b is not known; give proposer\.prices/,
    );
    const known = setting({ models: [{ model: 'local-7b', prices: free }] });
    expect(pricesOf(known, 'local-7b')).toEqual(free);
  });
});

describe('in a cloud', () => {
  const bedrock = { bedrock: { region: 'us-east-1' }, model: 'global.anthropic.claude-opus-5-5' };
  const vertex = { vertex: { region: 'global', project: 'p' } };

  test('a price must be given, also of a model whose list price is known', () => {
    expect(() => pricesOf(setting(bedrock), bedrock.model)).toThrow(
      /claude-opus-5-5 on Amazon Bedrock is not known; give proposer\.prices/,
    );
    expect(() => pricesOf(setting(vertex), 'claude-opus-5-5')).toThrow(
      /on Google Vertex AI is not known; give/,
    );
    expect(pricesOf(setting({ ...vertex, prices: free }), 'claude-opus-5-5')).toEqual(free);
  });

  test('what is asked with is of the cloud, and no key of Anthropic', () => {
    const env = { ANTHROPIC_API_KEY: 'sk', AWS_BEARER_TOKEN_BEDROCK: ' key-of-bedrock\n' };
    expect(credentialsOf(setting(bedrock), {})).toEqual({ bedrock: { region: 'us-east-1', apiKey: null } });
    expect(credentialsOf(setting(bedrock), env)).toMatchObject({ bedrock: { apiKey: 'key-of-bedrock' } });
    expect(credentialsOf(setting(vertex), env)).toEqual(vertex);
  });

  test.each<[string, object, RegExp]>([
    ['two clouds', { ...bedrock, ...vertex }, /bedrock and vertex each say how Claude is asked; keep one/],
    [
      'a cloud and a federation',
      { ...vertex, federation: { rule: 'fdrl_1', organization: 'o' } },
      /federation and vertex each say/,
    ],
    [
      'a model that Bedrock does not name so',
      { ...bedrock, model: 'claude-opus-5-5' },
      /give proposer\.model/,
    ],
    [
      'another such model behind the first',
      { ...bedrock, models: [{ model: 'claude-opus-5' }] },
      /names no model claude-opus-5; give/,
    ],
    [
      'a region that leads elsewhere',
      { bedrock: { region: 'evil.example/' } },
      /a region is written like us-east-1/,
    ],
    ['no project', { vertex: { region: 'global' } }, /vertex\.project/],
  ])('%s are refused with a sentence', (_, given, sentence) => {
    expect(() => setting(given)).toThrow(sentence);
    const { model, models, ...mixed } = given as { model?: string; models?: object[] };
    const mix = {
      mix: { anthropic: 1, builtin: 1 },
      maxUsd: 1,
      anthropic: { ...mixed, ...(model && { model }), ...(models && { models }) },
    };
    expect(proposerSchema.safeParse(mix).success).toBe(false);
  });
});

describe('a key', () => {
  test('that a request can carry is taken as it is', () => {
    expect(keyOf('sk-ant-api03-_x-Y')).toEqual({ key: 'sk-ant-api03-_x-Y' });
  });

  test.each<[string, string | undefined, RegExp]>([
    ['none', undefined, /is not set/],
    ['an empty one', '', /is not set/],
    ['with typographic quotes', '“sk-ant-x”', /copy the key again/],
    ['with a line break behind it', 'sk-ant-x\n', /copy the key again/],
    ['with a blank', 'sk-ant x', /copy the key again/],
  ])('%s is refused before anything is reserved for a call', (_, given, sentence) => {
    expect(keyOf(given).problem).toMatch(sentence);
  });
});
