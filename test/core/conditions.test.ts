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

  it('that a lane does not know are a difference', () => {
    expect(difference('', at())).toContain('prepare was absent, is bbbbbbbbbbbbbbbb');
  });
});
