// node page-lane.ts ARGUMENTS: `autoresearch dev`, to be bundled.
import { program } from '../../../controller/cli/program.ts';

await program().parseAsync(['dev', ...process.argv.slice(2)], { from: 'user' });
