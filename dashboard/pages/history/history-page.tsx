/** The page. */
import { Page } from '../../components/page.tsx';

/** To come. */
export function HistoryPage() {
  return <Page title="history">{null}</Page>;
}
