// What a shell may say, in every form that other programs take.
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { proxies, variable } from '../controller/environment.ts';

const launcher = join(import.meta.dirname, '..', 'controller', 'autoresearch.mjs');

describe('a proxy', () => {
  test.each([
    ['HTTP_PROXY', 'http://far:3128', { HTTP_PROXY: 'http://far:3128' }],
    ['http_proxy', 'http://far:3128', { HTTP_PROXY: 'http://far:3128' }],
    ['HTTPS_PROXY', 'https://far', { HTTPS_PROXY: 'https://far' }],
    ['HTTP_PROXY', 'far.example:3128', { HTTP_PROXY: 'http://far.example:3128' }],
    ['https_proxy', 'far', { HTTPS_PROXY: 'http://far' }],
    ['HTTP_PROXY', 'me:secret@far:3128', { HTTP_PROXY: 'http://me:secret@far:3128' }],
    ['HTTP_PROXY', '10.0.0.1:80', { HTTP_PROXY: 'http://10.0.0.1:80' }],
    ['HTTP_PROXY', '[::1]:80', { HTTP_PROXY: 'http://[::1]:80' }],
    ['HTTP_PROXY', '//far:80', { HTTP_PROXY: 'http://far:80' }],
    ['HTTPS_PROXY', 'socks5h://far:1080', { HTTPS_PROXY: 'socks5://far:1080' }],
    ['HTTPS_PROXY', 'socks://far:1080', { HTTPS_PROXY: 'socks5://far:1080' }],
    ['ALL_PROXY', 'far:1', { HTTP_PROXY: 'http://far:1', HTTPS_PROXY: 'http://far:1' }],
    ['HTTP_PROXY', '', {}],
    ['HTTP_PROXY', '  ', {}],
    ['NO_PROXY', 'a.example, .b 10.0.0.0/8,[::1]', { NO_PROXY: 'a.example,.b,10.0.0.0/8,[::1]' }],
  ])('of %s=%s is taken as curl and git take it', (name, value, env) => {
    expect(proxies({ [name]: value })).toEqual({ env, fault: null });
  });

  test('in small letters goes before one in capitals, and before ALL_PROXY', () => {
    const said = { HTTP_PROXY: 'capital', http_proxy: 'small', ALL_PROXY: 'all' };
    expect(proxies(said).env).toEqual({ HTTP_PROXY: 'http://small', HTTPS_PROXY: 'http://all' });
  });

  test.each(['http://', 'ftp://far', 'socks4://far:1', 'http://me:%ZZ@far', 'http://far:99999'])(
    'of %s is none, and what to write is said',
    (value) => {
      const { env, fault } = proxies({ HTTPS_PROXY: value });
      expect(env).toEqual({});
      expect(fault).toMatch(
        /^HTTPS_PROXY .*; write http:\/\/HOST:PORT or socks5:\/\/HOST:PORT, or unset it$/,
      );
    },
  );

  test.each(['far.example:3128', 'socks5://far:1', 'socks4://far:1', 'http://', '', 'http://me:%ZZ@far'])(
    'of %s ends no command that needs no network',
    async (value) => {
      const env = { PATH: process.env.PATH, HTTP_PROXY: value, HTTPS_PROXY: value, ALL_PROXY: value };
      const { exitCode, stdout, stderr } = await execa(process.execPath, [launcher, 'version'], {
        env,
        extendEnv: false,
        reject: false,
      });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^\d+\.\d+\.\d+/);
      expect(exitCode).toBe(0);
    },
  );
});

test('a variable that is set to nothing is not set', () => {
  expect([variable('A', { A: '' }), variable('A', { A: ' ' }), variable('A', {})]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(variable('A', { A: ' b ' })).toBe('b');
});

test.each([
  ['HTTPS_PROXY', 'HTTP_PROXY'],
  ['HTTP_PROXY', 'HTTPS_PROXY'],
  ['ALL_PROXY', 'https_proxy'],
])('a good %s beside a %s that is none ends no command', async (good, bad) => {
  const env = { PATH: process.env.PATH, [good]: 'far.example:3128', [bad]: 'socks4://far:1' };
  const options = { env, extendEnv: false, reject: false } as const;
  const { exitCode, stderr } = await execa(process.execPath, [launcher, 'version'], options);
  expect([exitCode, stderr]).toEqual([0, '']);
});
