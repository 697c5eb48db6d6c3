// A vitest reporter that writes down how many tests there were, and why some did not run.
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Each with its reason. */
  readonly skipped: readonly string[];
}

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    let passed = 0;
    // An error outside of any test is one that no test caught.
    let failed = unhandled.length;
    const skipped: string[] = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'failed') failed++;
        else {
          const why = (result.state === 'skipped' && result.note) || 'no reason given';
          skipped.push(`${module.relativeModuleId} > ${test.fullName}: ${why}`);
        }
      }
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
    }
    const tally: Tally = { passed, failed, skipped };
    writeFileSync(process.env.TALLY_FILE!, JSON.stringify(tally));
  }
}
