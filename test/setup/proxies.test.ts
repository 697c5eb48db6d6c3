// What npm, pip and uv are told of the shell's proxies.
import { expect, test } from 'vitest';
import { withSchemes } from '../../controller/setup/proxies.mjs';

test.each([
  ['HTTP_PROXY', 'far.example:3128', 'http://far.example:3128'],
  ['https_proxy', 'far', 'http://far'],
  ['ALL_PROXY', '//far:80', 'http://far:80'],
  ['HTTPS_PROXY', 'me:secret@far:3128', 'http://me:secret@far:3128'],
  ['HTTPS_PROXY', ' far:1 ', 'http://far:1'],
  ['HTTPS_PROXY', 'https://far:1', 'https://far:1'],
  ['ALL_PROXY', 'socks5h://far:1', 'socks5h://far:1'],
  ['HTTP_PROXY', '', ''],
  ['NO_PROXY', 'far:1', 'far:1'],
  ['PATH', '/bin', '/bin'],
])('%s=%j is %j to them', (name, value, told) => {
  expect(withSchemes({ [name]: value })).toEqual({ [name]: told });
});
