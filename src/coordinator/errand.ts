/**
 * What a report is made for. A signal alone means: print it as the options say. Where a request of `gmr` waits, the signal
 * came with it, and means what the request says.
 */
import { takeRequest, type Asked } from './asking/take.js';
import type { Trigger } from '../report/types.js';
import type { FinishOrder } from './lead.js';
import type { ReportSettings } from './settings.js';

export interface Errand {
  trigger: Trigger;
  settings: ReportSettings;
  order: FinishOrder;
}

/**
 * What main makes a report for, under which claim. The sentinel is told of it: where main hangs before it is through, it is
 * the sentinel's to finish, and the sentinel need not have heard who asked.
 */
export interface ErrandOfMain {
  claim: number;
  errand: Errand;
}

/** A report, or whether all loops turn, or nothing any more. */
export type Todo = { kind: 'report'; errand: Errand } | { kind: 'check'; asked: Asked } | { kind: 'nothing' };

/** For a request whose signal came while another report was being taken. */
export const ASKED: Trigger = { kind: 'cli', detail: 'gmr' };

/** Whether a request may have come with it. */
export function mayBeAsked({ kind }: Trigger): boolean {
  return kind === 'signal' || kind === 'cli';
}

/** Takes the request that waits, if it may have come with the trigger; never throws. */
export function todoFor(trigger: Trigger, settings: ReportSettings, wantReport: boolean): Todo {
  const asked = mayBeAsked(trigger) ? takeRequest(settings.askPlaces) : null;
  if (asked === 'expired' || (asked === null && trigger.kind === 'cli')) return { kind: 'nothing' };
  if (asked === null) {
    const order = { deliver: true, wantReport, answer: null };
    return { kind: 'report', errand: { trigger, settings, order } };
  }
  if (asked.kind === 'check') return { kind: 'check', asked };
  const { answerFile, until } = asked;
  const order = { deliver: false, wantReport, answer: { answerFile, until } };
  return { kind: 'report', errand: { trigger: ASKED, settings: settingsFor(asked, settings), order } };
}

function settingsFor({ deadline, heapScan, tasks }: Asked, settings: ReportSettings): ReportSettings {
  return {
    ...settings,
    deadline: deadline ?? settings.deadline,
    heapScan: heapScan ?? settings.heapScan,
    readTasks: tasks,
  };
}
