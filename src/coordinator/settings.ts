/** The part of the options that goes to other threads: plain data, without the application's functions and objects. */
import type { AgentSettings } from '../protocol.js';
import type { Options } from '../options.js';

export type ReportSettings = Omit<Options, 'config' | 'onReport'>;

export function reportSettings(options: Options): ReportSettings {
  const { config: _config, onReport: _onReport, ...plain } = options;
  return plain;
}

export function agentSettings(options: Options): AgentSettings {
  return { tasks: options.tasks, heartbeatMs: options.heartbeat, taskPayload: options.taskPayload };
}
