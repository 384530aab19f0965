/** The page. */
import { Page } from '../../components/page.tsx';

/** To come. */
export function SettingsPage() {
  return <Page title="settings">{null}</Page>;
}
