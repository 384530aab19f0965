/** Builds once before the runtime tests, which run what is deployed. */
import { buildIfNeeded } from '../../../scripts/support/build.ts';

export const setup = (): void => buildIfNeeded();
