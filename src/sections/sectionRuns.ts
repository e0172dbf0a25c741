/** Runs registered sections. One that fails shows its error, and fails alone. */
import { GuruError, messageOf } from '../errors.js';
import type { Json, SectionReport } from '../report/types.js';
import { clearTimeout, setTimeout } from '../tasks/timers.js';
import { openBoundary } from './boundary.js';
import { toJson } from './printable.js';
import type { RegisteredSection } from './registered.js';

/** A generator at work, and what became of it. */
interface Run {
  answer: Promise<SectionReport>;
  /** What it threw after it had answered, while the others were still at work. */
  thrownLater: () => SectionReport | null;
  /** From here on nobody reads the report's copy: an error is a line. */
  handOver: () => void;
}

/** What these sections show, in their order, after at most `timeoutMs`. Never rejects. */
export async function runSections(sections: readonly RegisteredSection[], timeoutMs: number): Promise<SectionReport[]> {
  const runs = sections.map((section) => startSection(section, timeoutMs));
  const answers = await Promise.all(runs.map(({ answer }) => answer));
  for (const run of runs) run.handOver();
  return answers.map((answer, index) => runs[index]?.thrownLater() ?? answer);
}

function startSection(section: RegisteredSection, timeoutMs: number): Run {
  const { title, generator, warn } = section;
  const bound = Math.max(1, Math.min(section.timeoutMs, timeoutMs));
  let fail!: (error: unknown) => void;
  const thrown = new Promise<never>((_, reject) => {
    fail = reject;
  });
  thrown.catch(() => {});
  let later: SectionReport | null = null;
  let isHandedOver = false;
  let isSaid = false;
  const onError = (error: unknown): void => {
    fail(error);
    if (!isHandedOver) later ??= failed(title, error);
    else if (!isSaid) {
      isSaid = true;
      warn(`the section ${JSON.stringify(title)} threw after its report: ${messageOf(error)}`);
    }
  };
  const answer = async (): Promise<SectionReport> => {
    const boundary = openBoundary(onError, warn);
    try {
      const value = await within(boundary.run(generator), bound, thrown);
      return { title, data: printable(value), error: null };
    } catch (error) {
      return failed(title, error);
    } finally {
      boundary.close();
    }
  };
  return {
    answer: answer(),
    thrownLater: () => later,
    handOver: () => {
      isHandedOver = true;
    },
  };
}

function failed(title: string, error: unknown): SectionReport {
  return { title, data: null, error: messageOf(error) };
}

/** Attaches to the value in any case, so that one which rejects too late is nobody's unhandled rejection. */
function within(value: unknown, timeoutMs: number, thrown: Promise<never>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = new GuruError('GMR_TIMEOUT', `it did not settle within ${timeoutMs} ms`);
    const timer = setTimeout(() => reject(late), timeoutMs);
    void Promise.race([Promise.resolve(value), thrown])
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function printable(value: unknown): Json {
  if (value === undefined) throw new GuruError('GMR_SECTION', 'it returned nothing');
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new GuruError('GMR_SECTION', `it returned a ${typeof value}, which cannot be shown`);
  return toJson(value);
}
