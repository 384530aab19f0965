/** The page. */
import { Page } from '../../components/page.tsx';

/** To come. */
export function RoutesPage() {
  return <Page title="routes">{null}</Page>;
}
