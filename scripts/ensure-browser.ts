/** Makes sure, before the browser tests, that there is a browser. */
import { ensureBrowser } from './support/browser.ts';

console.log(`browser: ${ensureBrowser()}`);
