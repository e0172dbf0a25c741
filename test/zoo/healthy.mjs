/** Processes in good health, whose reports must raise no alarm, however many are taken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { whileRunning } from './fixture.mjs';

/** Between two reports, growing from one to the next, so that they meet the work at all its phases, in ms. */
const PAUSES_MS = [55, 67, 81, 97, 123];
/** A signal that meets the very end of a report is answered by that one, with this word. */
const ANSWERED_BEFORE = 'GMR_BUSY';

const pools = ['sync', 'async', 'disabled'].flatMap((atomics) =>
  ['idle', 'busy'].map((way) => ({
    name: `piscina ${way} ${atomics}`,
    place: 'worker',
    truth: { program: 'piscina.mjs', arguments: [way, atomics] },
  })),
);

const otherPools = ['tinypool', 'jest-worker', 'workerpool', 'poolifier'].flatMap((library) =>
  ['idle', 'busy'].map((way) => ({
    name: `${library} ${way}`,
    place: 'worker',
    truth: { program: 'otherPools.mjs', arguments: [library, way] },
  })),
);

/** A server under load from another process, and a pool in each way it has to wait for work. */
export const HEALTHY = [
  { name: 'http under load', place: 'main', truth: { program: 'httpServer.mjs' } },
  ...pools,
  ...otherPools,
];

/** Takes `reports` reports of one process; what is wrong is every verdict, and every report that does not come. */
export async function watchHealthy(one, { node, dist, reports }) {
  const alarms = new Map();
  const slowest = { wallMs: 0 };
  try {
    await whileRunning(one, { node, dist, watchdog: false }, async ({ pid, nextReport, said }) => {
      for (let count = 0; count < reports; count++) {
        const signalled = performance.now();
        process.kill(pid, 'SIGUSR2');
        const report = await nextReport().catch((error) => error);
        if (report instanceof Error && report.message.includes(ANSWERED_BEFORE)) continue;
        if (report instanceof Error) throw report;
        slowest.wallMs = Math.max(slowest.wallMs, performance.now() - signalled);
        for (const { severity, code, text } of report.verdicts) addTo(alarms, `${severity} ${code}: ${text}`);
        await sleep(PAUSES_MS[count % PAUSES_MS.length]);
      }
      const lines = said().split('\n');
      const other = lines.filter((line) => line !== '' && !line.includes(ANSWERED_BEFORE)).join('; ');
      if (other !== '') addTo(alarms, `said ${other.slice(0, 300)}`);
    });
  } catch (error) {
    addTo(alarms, error.message);
  }
  const wrong = [...alarms].map(([alarm, times]) => `${times} x ${alarm}`);
  return { wrong, note: `${reports} reports, the slowest in ${Math.round(slowest.wallMs)} ms` };
}

function addTo(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
