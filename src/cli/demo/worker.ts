/** The worker of the demo: the tasks that the pool calls by name; as a plain worker it takes them as messages. */
import { execSync } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';

interface Document {
  page: string;
}

function renderTable(document: Document): number {
  let height = 0;
  while (document.page === 'endless' || height < 10) {
    height = (height + 1) % 1000;
  }
  return height;
}

export function renderPdf(document: Document): number {
  return renderTable(document);
}

export function printPdf(): string {
  return execSync('sleep 10', { encoding: 'utf8' });
}

if (workerData === null) {
  parentPort?.on('message', ({ document, task }: { document: Document; task: string }) => {
    parentPort?.postMessage(task === 'printPdf' ? printPdf() : renderPdf(document));
  });
}
