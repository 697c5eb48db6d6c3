// What ends a command other than success: a sentence for a person, and an exit code for a script.

/** 0 done elsewhere, 1 failure, 2 usage, 3 something that must hold before does not, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

/** Thrown by a command, caught once in main. The message ends with what to do. */
export class Failure extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.code = code;
  }
}
