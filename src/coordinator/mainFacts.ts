/** What only main can tell: the process as the application sees it, its configuration, its registered sections. */
import { getHeapStatistics } from 'node:v8';
import { messageOf } from '../errors.js';
import type { Options } from '../options.js';
import type { NotRead, SectionReport } from '../report/types.js';
import {
  readConfiguration,
  readConfigurationDocs,
  readEnvironment,
  readNodeOptions,
  readOwnOptions,
} from '../sections/configuration.js';
import type { MainFacts, ProcessIdentity, ReportRequest } from './collected.js';

/**
 * Runs the application's own code (configuration, sections), each bounded; never rejects. Only ever called on main.
 * @param request - null where no report is taken: sections are not run then
 */
export async function readMainFacts(
  options: Options,
  runSections: (boundMs: number) => Promise<SectionReport[]>,
  request: ReportRequest | null,
): Promise<MainFacts> {
  const notRun: NotRead[] = [];
  const boundMs = request === null ? options.deadline : Math.max(1, request.deadlineMs - 100);
  const sections = request === null ? [] : await runSections(boundMs);
  return {
    title: process.title,
    argv: process.argv,
    execArgv: process.execArgv,
    mainScript: process.argv[1] ?? null,
    memory: readMemory(),
    configuration: readGroups(options, notRun),
    configurationDocs: readConfigurationDocs(options.config),
    sections,
    notRun,
  };
}

/** Of this process, from any of its threads. */
export function ownIdentity(): ProcessIdentity {
  const { pid, ppid, version: node } = process;
  const uptimeMs = process.uptime() * 1000;
  return { pid, ppid, node, uptimeMs: Math.round(uptimeMs), startedAtMs: Date.now() - uptimeMs };
}

/** Of the process and of the thread that calls this. */
function readMemory(): MainFacts['memory'] {
  const { used_heap_size: heapUsed, external_memory: external } = getHeapStatistics();
  return { rss: readRss(), heapUsed, external };
}

/** The memory of the whole process, from any thread; null where Node has no procfs to read it from, and throws. */
export function readRss(): number | null {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
}

function readGroups(options: Options, notRun: NotRead[]): MainFacts['configuration'] {
  try {
    const own = {
      ...readOwnOptions(options),
      ...readNodeOptions(process.execArgv, process.env),
      ...readEnvironment(options.environment, process.env),
    };
    return options.config === null ? own : { ...readConfiguration(options.config), ...own };
  } catch (error) {
    notRun.push({ threadId: 0, what: 'configuration', why: messageOf(error) });
    return {};
  }
}
