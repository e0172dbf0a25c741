/** The part of the options that goes to other threads: plain data, without the application's functions and objects. */
import type { AgentSettings } from '../protocol.js';
import type { Options } from '../options.js';
import { placesFor } from './asking/folder.js';
import { requestFile } from './requestFile.js';

/** Node's own, where it is switched on. */
const { permission } = process as { permission?: { has(scope: string, path: string): boolean } };

export interface ReportSettings extends Omit<Options, 'config' | 'onReport'> {
  /** Whether the application wants each report; who does not run it says so. */
  hasOnReport: boolean;
  /** Found on main: the sentinel has no environment, which says where temporary files are. */
  requestFile: string | null;
  /** Where `gmr` may have left a request; found on main for the same reason. */
  askPlaces: string[];
  /** Whether pending tasks are read. */
  readTasks: boolean;
}

/**
 * As the process was started: who asks sees the environment of that moment. None where main may not read and write there
 * (`--permission`): it would take the signal for one that nothing came with.
 */
const ASK_PLACES = mayUse(placesFor(process.env));

export function reportSettings(options: Options): ReportSettings {
  const { config: _config, onReport, ...plain } = options;
  return {
    ...plain,
    hasOnReport: onReport !== null,
    requestFile: requestFile(options.signal),
    askPlaces: ASK_PLACES,
    readTasks: true,
  };
}

export function agentSettings(options: Options): AgentSettings {
  return { tasks: options.tasks, heartbeatMs: options.heartbeat, taskPayload: options.taskPayload };
}

/** As far as the permission model goes. */
export function mayRead(path: string): boolean {
  return allows('fs.read', path);
}

function mayUse(places: string[]): string[] {
  return places.every((place) => mayRead(place) && allows('fs.write', place)) ? places : [];
}

function allows(scope: string, path: string): boolean {
  return permission?.has(scope, path) !== false;
}
