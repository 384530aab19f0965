/** Starts the dashboard: takes a one-time login from the address, then renders the app. */
import { Toasty } from '@cloudflare/kumo/components/toast';
import { notifyManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { isFinal } from './api/client.ts';
import { loginRefusal, signIn } from './api/session.ts';
import { App } from './app.tsx';
import { toasts } from './changes/toasts.ts';
import { applyTheme } from './shell/theme.ts';
import './style.css';

applyTheme();

/** Signs in with the address's one-time code. It is removed from the history first: an unused code must not stay there. */
async function takeLogin(): Promise<boolean> {
  const code = new URLSearchParams(location.hash.slice(1)).get('login');
  if (!code) return false;
  history.replaceState(null, '', location.pathname + location.search);
  const refusal = await signIn({ code }).then(
    () => null,
    (error: Error) => error.message,
  );
  loginRefusal.setState(() => refusal);
  return true;
}

await takeLogin();

// In the task of the message itself, so that everything it changes is drawn once.
notifyManager.setScheduler(queueMicrotask);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && !isFinal(error),
      refetchOnWindowFocus: false,
    },
  },
});

// A login link pasted into an open tab changes only the hash.
window.addEventListener('hashchange', async () => {
  if (await takeLogin()) await queries.invalidateQueries();
});

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queries}>
    <Toasty toastManager={toasts}>
      <App />
    </Toasty>
  </QueryClientProvider>,
);
