/** The end of `npm test`: what each layer took. */
import { table } from './layers.ts';

console.log(`\n${table()}\n`);
