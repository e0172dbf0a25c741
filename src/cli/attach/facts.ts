/** What main of the process tells of it besides its snapshot, and what procfs tells where main does not answer. */
import { resolve } from 'node:path';
import type { MainFacts, ProcessIdentity } from '../../coordinator/collected.js';
import type { Session } from '../../sentinel/inspectorSession.js';
import { MAIN } from '../../sentinel/inspectorSession.js';
import { readNodeOptions } from '../../sections/configuration.js';
import { FRAGILE_WAITS_FLAG } from '../../sentinel/heapScan.js';
import { readLink, readText } from '../../sentinel/kernelFiles.js';
import type { Target } from './target.js';

/** A main that runs JavaScript answers in 30 ms where the machine has time for it; later ones are read without these, in ms. */
const FACTS_MS = 2000;

/** In main, of the process; it changes nothing there. */
const EXPRESSION = `(() => {
  const words = (list) => Array.from(list, String);
  const { heapUsed, external } = process.memoryUsage();
  return JSON.stringify({
    node: process.version, title: process.title, argv: words(process.argv), execArgv: words(process.execArgv),
    heapUsed, external, waitsAreFragile: process.allowedNodeEnvironmentFlags.has("${FRAGILE_WAITS_FLAG}"),
  }); })()`;

interface Told {
  node: string;
  title: string;
  argv: string[];
  execArgv: string[];
  heapUsed: number | null;
  external: number | null;
  waitsAreFragile: boolean;
}

export interface ProcessFacts {
  identity: ProcessIdentity;
  main: MainFacts;
  /** See `ScanPace`; true where nobody tells. */
  waitsAreFragile: boolean;
}

/** @param session - null where the inspector could not be opened */
export async function readFacts(target: Target, session: Session | null): Promise<ProcessFacts> {
  const text = session === null ? null : await session.evaluate(MAIN, EXPRESSION, FACTS_MS);
  const told = parse(text) ?? factsWithoutMain(target);
  const { uptimeMs } = target;
  return {
    identity: {
      pid: target.pid,
      ppid: target.ppid,
      node: told.node,
      uptimeMs,
      startedAtMs: Date.now() - uptimeMs,
    },
    main: {
      title: told.title,
      argv: told.argv,
      execArgv: told.execArgv,
      mainScript: told.argv[1] ?? null,
      memory: { rss: rssOf(target), heapUsed: told.heapUsed, external: told.external },
      configuration: readNodeOptions(told.execArgv, target.environment),
      sections: [],
      notRun: [],
    },
    waitsAreFragile: told.waitsAreFragile,
  };
}

/** As the command line has it: which of its words are flags of Node, and what is a script, main alone knows for sure. */
function factsWithoutMain({ command, folder }: Target): Told {
  const [executable = '', ...words] = command;
  const start = words.findIndex((word) => !word.startsWith('-'));
  const script = start < 0 ? [] : [resolve(readLink(`${folder}/cwd`) ?? '/', words[start] ?? '')];
  return {
    node: 'unknown',
    title: executable,
    argv: [executable, ...script, ...(start < 0 ? [] : words.slice(start + 1))],
    execArgv: start < 0 ? words : words.slice(0, start),
    heapUsed: null,
    external: null,
    waitsAreFragile: true,
  };
}

function rssOf({ folder }: Target): number | null {
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(readText(`${folder}/status`) ?? '')?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

function parse(text: string | null): Told | null {
  try {
    const told = JSON.parse(text ?? 'null') as Told | null;
    return told !== null && Array.isArray(told.argv) && Array.isArray(told.execArgv) ? told : null;
  } catch {
    return null;
  }
}
