/** The runtime in a process of its own, so that a test can kill it whole: started by runtime-process.ts. */
import { type RuntimeOptions, startRuntime } from '../../scripts/support/runtime.ts';

const runtime = await startRuntime(JSON.parse(process.argv[2]!) as RuntimeOptions);
process.on('message', async ({ id, className, name }: { id: number; className: 'Pool'; name: string }) => {
  await runtime.evict(className, name).catch(() => undefined);
  process.send?.({ id });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: runtime.url });
