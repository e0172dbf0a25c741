/** Sections that the application registers, one registry a thread; what they show is `sectionRuns.ts`. */
import { isMainThread } from 'node:worker_threads';
import { GuruError } from '../errors.js';

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
   * Those to be run, in order of registration.
   * @param where in a worker only the sections for `each` thread are run; those for `main` are main's. Default: this thread's.
   */
  chosen(where?: 'main' | 'worker'): RegisteredSection[];
  /** The titles, in order: for a report that has to say that they were not run. */
  titles(where?: 'main' | 'worker'): string[];
}

export interface RegisteredSection {
  title: string;
  generator: SectionGenerator;
  thread: 'main' | 'each';
  timeoutMs: number;
  warn: Warn;
}

export function createSectionRegistry(): SectionRegistry {
  const sections = new Map<string, RegisteredSection>();
  const chosen = (where: 'main' | 'worker' = isMainThread ? 'main' : 'worker'): RegisteredSection[] =>
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
    chosen,
    titles: (where) => chosen(where).map((section) => section.title),
  };
}

function checkSection(
  title: unknown,
  generator: unknown,
  options: SectionOptions | null,
): Omit<RegisteredSection, 'warn'> {
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
