/** The page. */
import { Page } from '../../components/page.tsx';

/** To come. */
export function PoolPage() {
  return <Page title="pool">{null}</Page>;
}
