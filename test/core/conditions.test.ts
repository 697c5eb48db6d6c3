import { describe, expect, it } from 'vitest';
import { conditionsOf, difference } from '../../controller/core/conditions.ts';
import type { SealedResult } from '../../controller/core/outcome.ts';
import { finished } from './trials.ts';

const sealed = finished(1).sealed!;
const at = (also: Partial<SealedResult> = {}, image = 'image', budget = 300) =>
  conditionsOf({ ...sealed, ...also }, image, budget);

describe('conditions', () => {
  it('are one line of words', () => {
    expect(at()).toBe(
      'prepare:bbbbbbbbbbbbbbbb supervise:cccccccccccccccc data:dddddddddddddddd image:image gpu:card budget:300s',
    );
  });

  it('name what is not known', () => {
    expect(at({ gpu: '' }, '')).toContain('image:none gpu:unknown');
  });

  it.each<[string, string, string]>([
    [
      'prepare.py',
      at({ prepare_sha256: 'f'.repeat(64) }),
      'prepare was bbbbbbbbbbbbbbbb, is ffffffffffffffff',
    ],
    [
      'supervise.py',
      at({ supervise_sha256: 'f'.repeat(64) }),
      'supervise was cccccccccccccccc, is ffffffffffffffff',
    ],
    ['the data', at({ data_sha256: 'f'.repeat(64) }), 'data was dddddddddddddddd, is ffffffffffffffff'],
    [
      'the image',
      at({}, 'registry:5000/trainer@sha256:0'),
      'image was image, is registry:5000/trainer@sha256:0',
    ],
    [
      'the card, with spaces in its name',
      at({ gpu: 'NVIDIA H200 80GB' }),
      'gpu was card, is NVIDIA_H200_80GB',
    ],
    ['the budget', at({}, 'image', 60), 'budget was 300s, is 60s'],
    ['two things', at({ gpu: 'x' }, 'y'), 'image was image, is y; gpu was card, is x'],
  ])('tell %s apart', (_, here, words) => {
    expect(difference(at(), here)).toBe(words);
  });

  it('are the same where only the run differs', () => {
    const here = at({ nonce: '1'.repeat(32), val_bpb: 0.5, wall_seconds: 1, train_sha256: '9'.repeat(64) });
    expect(difference(at(), here)).toBe('');
  });

  const HERE = 'prepare:0123456789abcdef supervise:v2 python:3.11 numpy:2.3.4 processor:A_B';

  it('are as the supervisor says them, where it does', () => {
    expect(at({ conditions: HERE, gpu: '' }, '')).toBe(
      'prepare:0123456789abcdef supervise:v2 data:dddddddddddddddd image:none gpu:unknown budget:300s python:3.11 numpy:2.3.4 processor:A_B',
    );
  });

  it('leave to an image what it decides', () => {
    expect(at({ conditions: HERE })).toBe(
      'prepare:0123456789abcdef supervise:v2 data:dddddddddddddddd image:image gpu:card budget:300s',
    );
  });

  it.each([
    ['python', 'python:3.11', 'python:3.12', 'python was 3.11, is 3.12'],
    ['numpy', 'numpy:2.3.4', 'numpy:2.2.6', 'numpy was 2.3.4, is 2.2.6'],
    ['the processor', 'processor:A_B', 'processor:C', 'processor was A_B, is C'],
    ['the measurement', 'supervise:v2', 'supervise:v3', 'supervise was v2, is v3'],
  ])('tell another %s apart on one machine', (_, was, is, words) => {
    const lane = at({ conditions: HERE }, '');
    expect(difference(lane, at({ conditions: HERE.replace(was, is) }, ''))).toBe(words);
  });

  it('of a lane that was begun before the machine was in them leave it out', () => {
    const before = at({ conditions: HERE.replace(/ python.*/, '') }, '');
    expect(difference(before, at({ conditions: HERE }, ''))).toBe('');
  });

  it('that a lane does not know are a difference', () => {
    expect(difference('', at())).toContain('prepare was absent, is bbbbbbbbbbbbbbbb');
  });
});
