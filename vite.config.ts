/** One build: the Worker into dist/evenkeel, the dashboard into dist/client. */
import { fileURLToPath } from 'node:url';
import { cloudflare } from '@cloudflare/vite-plugin';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { withoutSecrets, workerSize } from './scripts/support/build-checks.ts';
import { openApiFile, withoutDescriptions } from './scripts/support/openapi.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ command }) => ({
  root: 'dashboard',
  build: { outDir: '../dist', emptyOutDir: true },
  plugins: [
    react(),
    tailwind(),
    cloudflare({
      configPath: '../wrangler.jsonc',
      persistState: { path: '../.evenkeel/dev' },
      config(worker) {
        // With a list of required secrets only those would be read from .dev.vars, and not the optional ones.
        if (command === 'serve') delete worker.secrets;
      },
    }),
    withoutDescriptions(),
    openApiFile(at('worker/api/openapi/build.ts')),
    withoutSecrets(at('dist')),
    workerSize(at('dist/evenkeel')),
  ],
  server: { allowedHosts: true },
}));
