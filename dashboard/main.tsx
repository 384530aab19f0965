/** The dashboard's start: takes a one-time login out of the address, then shows the pools. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { signIn } from './api.ts';
import { App } from './app.tsx';
import './style.css';

const code = new URLSearchParams(location.hash.slice(1)).get('login');
if (code) {
  // Out of the history before anything else: a used code is worthless, an unused one must not stay there.
  history.replaceState(null, '', location.pathname);
  await signIn({ code }).catch(() => undefined);
}

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={new QueryClient()}>
    <App />
  </QueryClientProvider>,
);
