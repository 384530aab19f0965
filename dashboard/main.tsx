/** The dashboard's start: takes a one-time login out of the address, then shows the door or the pages. */
import { Toasty } from '@cloudflare/kumo/components/toast';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { isSignedOut } from './api/client.ts';
import { signIn } from './api/session.ts';
import { App } from './app.tsx';
import { toasts } from './changes/toasts.ts';
import { applyTheme } from './shell/theme.ts';
import './style.css';

applyTheme();

const code = new URLSearchParams(location.hash.slice(1)).get('login');
if (code) {
  // Out of the history before anything else: a used code is worthless, an unused one must not stay there.
  history.replaceState(null, '', location.pathname);
  await signIn({ code }).catch(() => undefined);
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && !isSignedOut(error),
      refetchOnWindowFocus: false,
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queries}>
    <Toasty toastManager={toasts}>
      <App />
    </Toasty>
  </QueryClientProvider>,
);
