// Every point of the crash sweep of trains: `npm run test:long`.
import { test } from 'vitest';
import { type Story, stories, sweepOf } from './trains.ts';

test.each(Object.keys(stories) as Story[])(
  'killed before and after every call of %s, it ends as if it never was',
  async (name) => {
    console.log(`crash sweep of trains in memory: ${await sweepOf(stories[name], 1)} points of ${name}`);
  },
);
