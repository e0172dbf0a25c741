/** Sections that the application registers, one registry a thread. A section that fails shows its error, and fails alone. */
import { clearTimeout, setTimeout } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { GuruError, messageOf } from '../errors.js';
import type { Json, SectionReport } from '../report/types.js';
import { openBoundary } from './boundary.js';
import { toJson } from './printable.js';

/** Returns what its section shows: a value, a promise of one, or a text. It must not block; see `timeoutMs`. */
export type SectionGenerator = () => unknown;

export interface SectionOptions {
  /** `main` (the default): shown once, by main. `each`: a block for every thread that registers it. */
  thread?: 'main' | 'each';
  /** How long its promise may take, in ms; never more than the whole report has. A generator that blocks cannot be bounded. */
  timeoutMs?: number;
}

type Warn = (line: string) => void;

/** The sections of one thread. */
export interface SectionRegistry {
  /**
   * Adds a section, or replaces the one with the same title at its place, of which `warn` gets a line.
   * @returns a function that takes the section away again; it does nothing once the section was replaced.
   * @throws {GuruError} `GMR_SECTION` for a title, a generator or options that are none.
   */
  register(title: string, generator: SectionGenerator, options?: SectionOptions, warn?: Warn): () => void;
  /**
   * What the sections of this thread show, in order of registration, after at most `timeoutMs`. Never rejects.
   * @param where in a worker only the sections for `each` thread are run; those for `main` are main's. Default: this thread's.
   */
  run(timeoutMs: number, where?: 'main' | 'worker'): Promise<SectionReport[]>;
  /** The titles, in order: for a report that has to say that they were not run. */
  titles(where?: 'main' | 'worker'): string[];
}

interface Section {
  title: string;
  generator: SectionGenerator;
  thread: 'main' | 'each';
  timeoutMs: number;
  warn: Warn;
}

export function createSectionRegistry(): SectionRegistry {
  const sections = new Map<string, Section>();
  const chosen = (where: 'main' | 'worker' = isMainThread ? 'main' : 'worker'): Section[] =>
    [...sections.values()].filter((section) => where === 'main' || section.thread === 'each');
  return {
    register(title, generator, options = {}, warn = () => {}) {
      const section = { ...checkSection(title, generator, options), warn };
      if (sections.has(title)) warn(`the section ${JSON.stringify(title)} was registered before; it is replaced`);
      sections.set(title, section);
      return () => {
        if (sections.get(title) === section) sections.delete(title);
      };
    },
    run: (timeoutMs, where) => runSections(chosen(where), timeoutMs),
    titles: (where) => chosen(where).map((section) => section.title),
  };
}

function checkSection(title: unknown, generator: unknown, options: SectionOptions | null): Omit<Section, 'warn'> {
  if (typeof title !== 'string' || title.trim() === '') throw expected('a title that is a non-empty string');
  if (typeof generator !== 'function') throw expected(`a function for the section ${JSON.stringify(title)}`);
  const { thread = 'main', timeoutMs = Infinity } = options ?? {};
  if (thread !== 'main' && thread !== 'each') throw expected("thread to be 'main' or 'each'");
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) throw expected('timeoutMs to be a positive number of ms');
  return { title, generator: generator as SectionGenerator, thread, timeoutMs };
}

function expected(what: string): GuruError {
  return new GuruError('GMR_SECTION', `registerSection: expected ${what}`);
}

/** A generator at work, and what became of it. */
interface Run {
  answer: Promise<SectionReport>;
  /** What it threw after it had answered, while the others were still at work. */
  thrownLater: () => SectionReport | null;
  /** From here on nobody reads the report's copy: an error is a line. */
  handOver: () => void;
}

async function runSections(sections: readonly Section[], timeoutMs: number): Promise<SectionReport[]> {
  const runs = sections.map((section) => startSection(section, timeoutMs));
  const answers = await Promise.all(runs.map(({ answer }) => answer));
  for (const run of runs) run.handOver();
  return answers.map((answer, index) => runs[index]?.thrownLater() ?? answer);
}

function startSection(section: Section, timeoutMs: number): Run {
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
