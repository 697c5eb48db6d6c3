// Figures for a narrow place: a curve of eight heights, a time, a line that ends where the terminal does.

const BARS = '▁▂▃▄▅▆▇█';

/** The fall of the frontier, the last 16 values; nothing for one. */
export function sparkline(values: readonly number[]): string {
  if (values.length < 2) return '';
  const shown = values.slice(-16);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low || 1;
  return shown.map((v) => BARS[Math.round(((v - low) / span) * (BARS.length - 1))]).join('');
}

/** `9 s`, `3 min 12 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The text in at most so many columns, `…` for what is cut off. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const sign of text) {
    used += widthOf(sign);
    if (used > columns - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}

/** Parts of a line while they fit; the first one is always there, cut off where it must be. */
export function joined(parts: readonly string[], columns: number): string {
  let line = fit(parts[0] ?? '', columns);
  for (const part of parts.slice(1)) {
    const longer = `${line} · ${part}`;
    if (widthOf(longer) > columns) break;
    line = longer;
  }
  return line;
}

/** Columns of a terminal: signs of East Asia and pictures take two, marks that combine none. */
function widthOf(text: string): number {
  let width = 0;
  for (const sign of text) {
    if (/\p{Mark}/u.test(sign)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        sign,
      )
        ? 2
        : 1;
  }
  return width;
}
