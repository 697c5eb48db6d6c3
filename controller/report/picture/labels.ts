// Where the slanted labels of the kept dots go, so that none covers another or leaves the picture.

import type { Frame } from './frame.ts';

type Plot = Frame['plot'];

interface Labelled {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** Larger ones are placed first. */
  readonly weight: number;
}
interface PlacedLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  /** `start`: it rises to the right of its dot; `end`: it comes up to the dot from below. */
  readonly anchor: 'start' | 'end';
}

/** Degrees that a label rises, as in karpathy's notebook. */
export const SLANT = 30;
export const FONT_PX = 11;
/** Width of an average character: labels are measured without a font at hand. */
const CHARACTER_PX = FONT_PX * 0.6;
const LINE_PX = FONT_PX + 2;
const GAP_PX = 8;
/** What is cut further tells nothing: of `BATCH 64 → 128` the end is what was tried. */
const SHORTEST = 20;
/** Of the weightiest, which is to be there in any case. */
const FIRST_SHORTEST = 12;
const [COS, SIN] = [Math.cos((SLANT * Math.PI) / 180), Math.sin((SLANT * Math.PI) / 180)];

/** As many labels as fit, the weightiest first; one that has no room is shortened, or left out. */
export function placeLabels(wanted: readonly Labelled[], frame: Plot): PlacedLabel[] {
  const taken: Strip[] = [];
  const placed: PlacedLabel[] = [];
  for (const [i, one] of wanted.toSorted((a, b) => b.weight - a.weight).entries()) {
    const shortest = i === 0 ? FIRST_SHORTEST : SHORTEST;
    for (const anchor of ['start', 'end'] as const) {
      const fitted = fit(one, anchor, frame, shortest);
      if (!fitted || taken.some((strip) => overlap(strip, fitted.strip))) continue;
      taken.push(fitted.strip);
      placed.push(fitted.placed);
      break;
    }
  }
  return placed;
}

/** A label in coordinates along and across the slant. */
interface Strip {
  readonly from: number;
  readonly to: number;
  readonly across: number;
}

function fit(
  { x, y, text }: Labelled,
  anchor: PlacedLabel['anchor'],
  frame: Plot,
  shortest: number,
): { placed: PlacedLabel; strip: Strip } | null {
  const up = anchor === 'start';
  const at = up ? { x: x + GAP_PX, y: y - GAP_PX } : { x: x - GAP_PX, y: y + GAP_PX + 2 };
  const room = up
    ? Math.min((frame.right - at.x) / COS, (at.y - frame.top) / SIN)
    : Math.min((at.x - frame.left) / COS, (frame.bottom - at.y) / SIN);
  const characters = Math.floor(room / CHARACTER_PX);
  if (characters < Math.min(shortest, text.length)) return null;
  const shown = cut(text, characters);
  const width = shown.length * CHARACTER_PX;
  const along = at.x * COS - at.y * SIN;
  const strip = {
    from: up ? along : along - width,
    to: up ? along + width : along,
    across: at.x * SIN + at.y * COS,
  };
  return { placed: { ...at, text: shown, anchor }, strip };
}

function overlap(a: Strip, b: Strip): boolean {
  return Math.abs(a.across - b.across) < LINE_PX && a.from < b.to + 4 && b.from < a.to + 4;
}

/** At most `length` characters, the last an ellipsis where something is missing. */
export function cut(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, Math.max(0, length - 1))
        .join('')
        .trimEnd()}…`;
}
