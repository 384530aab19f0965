/** One build: the Worker into dist/evenkeel, the dashboard into dist/client. */
import { rmSync } from 'node:fs';
import { cloudflare } from '@cloudflare/vite-plugin';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The Cloudflare plugin copies `.dev.vars` beside the Worker; secrets have no business in what is deployed. */
const withoutSecrets: Plugin = {
  name: 'without-secrets',
  apply: 'build',
  closeBundle: () => rmSync('dist/evenkeel/.dev.vars', { force: true }),
};

export default defineConfig({
  root: 'dashboard',
  build: { outDir: '../dist', emptyOutDir: true },
  plugins: [
    react(),
    tailwind(),
    cloudflare({ configPath: '../wrangler.jsonc', persistState: { path: '../.evenkeel/dev' } }),
    withoutSecrets,
  ],
  server: { allowedHosts: true },
});
