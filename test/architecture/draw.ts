// node test/architecture/draw.ts [--write]: prints the picture of the rooms, or writes it into DESIGN.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pictureOf, withPicture } from './picture.ts';
import { rules } from './rules.ts';

const picture = pictureOf(rules);
if (process.argv[2] === '--write') {
  const design = join(import.meta.dirname, '..', '..', 'DESIGN.md');
  writeFileSync(design, withPicture(readFileSync(design, 'utf8'), picture));
} else console.log(picture);
