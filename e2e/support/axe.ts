/** What axe finds on a page. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from 'playwright/test';

/** Of a page that is still being drawn axe may see half; what is wrong for good is still wrong after this. */
const DRAWN_MS = 20_000;

/** Expects axe to find nothing; `where` is told if it does, with the elements that it is about. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  const complaints = async () => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  };
  await expect(async () => expect(await complaints(), where).toEqual([])).toPass({ timeout: DRAWN_MS });
}
