// One finding of `autoresearch doctor`, whatever was looked at.

export interface Check {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do; '' where nothing needs doing. */
  readonly fix: string;
}
