/** The page. */
import { Page } from '../../components/page.tsx';

/** To come. */
export function RequestsPage() {
  return <Page title="requests">{null}</Page>;
}
