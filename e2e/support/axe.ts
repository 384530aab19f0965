/** Accessibility checks with axe. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from 'playwright/test';

/** axe may see a page that is only half drawn; a real violation is still there after this time. */
const DRAWN_MS = 20_000;

/** Expects no violations; a failure names `where` and the elements. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  const complaints = async () => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  };
  await expect(async () => expect(await complaints(), where).toEqual([])).toPass({ timeout: DRAWN_MS });
}
