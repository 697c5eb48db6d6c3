// A picture on a dark ground: the same marks in other colours.
import { COLOURS } from './frame.ts';

const DARK: Readonly<Record<keyof typeof COLOURS, string>> = {
  paper: '#14181d',
  ink: '#e6eaee',
  quiet: '#a3adb8',
  grid: '#262d35',
  discard: '#6b7683',
  keep: '#2ecc71',
  keepEdge: '#b9f3cf',
  best: '#2fb96b',
  label: '#7ee2a4',
  crash: '#ff7b72',
  lane: '#2a1c1f',
  running: '#6ea0ff',
  floor: '#a88cf0',
};

const BY_COLOUR = new Map(
  Object.entries(COLOURS).map(([name, colour]) => [colour as string, DARK[name as keyof typeof COLOURS]]),
);

/** Of a picture of ours. Colours stand in attributes only: no text holds a quotation mark that is not escaped. */
export function inDark(svg: string): string {
  return svg.replace(/="(#[0-9a-f]{6})"/g, (all, colour: string) => {
    const dark = BY_COLOUR.get(colour);
    return dark ? `="${dark}"` : all;
  });
}
