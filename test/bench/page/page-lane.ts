// node page-lane.ts PAGE ARGUMENTS: `autoresearch dev`; at its end one line on fd 3 says what it has used.
import { writeSync } from 'node:fs';
import { program } from '../../../controller/cli/program.ts';
import { used } from '../used.ts';

await program().parseAsync(['dev', ...process.argv.slice(2)], { from: 'user' });
writeSync(3, JSON.stringify(used()));
process.exit(0);
