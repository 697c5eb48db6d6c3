// Numbers and foreign text as a person reads them.

export function bpb(value: number | null, digits = 6): string {
  return value === null ? '–' : value.toFixed(digits);
}

export function signed(value: number | null, digits = 4): string {
  return value === null ? '' : `${value <= 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

export function count(n: number, one: string): string {
  return `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
}

/** `14:05` today, else with its day. */
export function when(ms: number, now: number): string {
  const time = new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (new Date(ms).toDateString() === new Date(now).toDateString()) return time;
  return `${new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${time}`;
}

/** Controls, and what shows nothing and yet changes what is shown. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from anybody, with what would hide or turn it around made visible. Tabs and line breaks stay. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(HIDDEN, (c) =>
      c === '\n' || c === '\t' ? c : `⟨${c.codePointAt(0)!.toString(16).padStart(4, '0')}⟩`,
    );
}

/** `1.2` hours, `3` minutes. */
export function duration(hours: number): string {
  if (hours >= 1) return `${hours.toFixed(1)} h`;
  return hours * 60 >= 1 ? `${Math.round(hours * 60)} min` : `${Math.round(hours * 3600)} s`;
}

export function usd(value: number): string {
  return `${value.toFixed(2)} USD`;
}

/** `A -> B` as it is meant. */
export function arrows(text: string): string {
  return text.replaceAll(' -> ', ' → ');
}
