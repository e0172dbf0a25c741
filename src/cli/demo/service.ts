/**
 * The service of the demo: it renders invoices in four worker threads. One worker never comes back from a loop, one sits
 * in a child process, two have nothing to do; three dozen requests wait. Then it asks for a report of itself.
 */
import { fileURLToPath } from 'node:url';
import { startPool, type Pool } from './pool.js';

const REQUESTS = 36;
/** Long enough for the loop to count as hung (one second), short enough to wait for. */
const HANG_MS = 1500;
const REPORT_MS = 2500;

const worker = fileURLToPath(new URL('demo-worker.js', import.meta.url));
const payments = new Promise<never>(() => {});

async function render(pool: Pool, page: string): Promise<unknown> {
  return await pool.run({ page }, { name: 'renderPdf' });
}

async function postInvoice(pool: Pool, page: string): Promise<unknown> {
  const pdf = await render(pool, page);
  return pdf;
}

async function printInvoice(pool: Pool): Promise<void> {
  await pool.run({ page: 'printed' }, { name: 'printPdf' });
}

async function chargeCard(): Promise<void> {
  await payments;
}

async function getBalance(): Promise<void> {
  await chargeCard();
}

const pool = await startPool(worker);
await Promise.all([1, 2, 3, 4].map(() => pool.run({ page: 'short' }, { name: 'renderPdf' })));
void postInvoice(pool, 'endless').catch(() => {});
void printInvoice(pool).catch(() => {});
for (let request = 0; request < REQUESTS; request++) void getBalance();
setTimeout(() => process.kill(process.pid, 'SIGUSR2'), HANG_MS);
setTimeout(() => process.exit(0), HANG_MS + REPORT_MS);
