/** Compares a report with the truth of its case; each difference is one short text. */

const DEADLINE_MS = 1000;
const LATE_MS = 200;
const STUCK_MS = 1000;

/** What is wrong with the report; empty when it tells the truth. */
export function judge(report, { place, truth }, lines) {
  const subjects = subjectsOf(report, place, truth.subject);
  if (subjects.length === 0) return ['the thread is not in the report'];
  return [
    ...subjects.flatMap((thread) => judgeThread(thread, report, truth, lines)),
    ...judgeVerdicts(report, subjects, truth),
    ...judgeHelper(report, truth.helper),
    ...(report.report.durationMs > DEADLINE_MS + LATE_MS ? [`took ${Math.round(report.report.durationMs)} ms`] : []),
  ];
}

function subjectsOf({ threads, pools }, place, subject) {
  const workers = threads.filter(({ role }) => role === 'worker').sort((one, other) => one.threadId - other.threadId);
  if (subject === 'all workers') return workers;
  if (subject === 'running') return workers.filter(({ threadId }) => threadId === pools[0]?.running[0]?.threadId);
  if (typeof subject === 'string') return threads.filter(({ name }) => name === subject);
  if (place === 'main' && subject === undefined) return threads.filter(({ threadId }) => threadId === 0);
  return workers.slice(0, 1);
}

function judgeThread(thread, report, truth, lines) {
  const wrong = [];
  expect(wrong, 'state', thread.state, truth.state);
  // On a crowded machine a healthy loop may be late for its port, and is read by the inspector: no harm where it raises nothing.
  const isLate = truth.verdict === null && thread.readBy === 'inspector';
  if (!isLate) expect(wrong, 'read by', thread.readBy, truth.readBy);
  expect(wrong, 'phase', thread.phase, truth.phase ?? 'running');
  expect(wrong, 'instrumented', thread.instrumented, truth.instrumented ?? true);
  const isHung = truth.verdict !== null && (truth.instrumented ?? true);
  if (isHung && !(thread.blockedForMs >= STUCK_MS)) wrong.push(`blocked for ${thread.blockedForMs}`);
  if (truth.parent !== undefined) {
    const parent = report.threads.find(({ threadId }) => threadId === thread.parentThreadId);
    expect(wrong, 'role of the parent', parent?.role, truth.parent);
  }
  const verdict = verdictOn(report, thread, truth);
  if (verdict === undefined) return wrong;
  if (truth.function !== undefined) expect(wrong, 'function', verdict.frame?.function ?? null, truth.function);
  if (typeof truth.function === 'string' && truth.line !== false) {
    const expected = truth.line ?? lines;
    expect(wrong, 'line', verdict.frame?.line, expected);
  }
  if (truth.says !== undefined && !truth.says.test(`${verdict.text}\n${verdict.evidence.join('\n')}`))
    wrong.push(`says ${verdict.text}`);
  return wrong;
}

function verdictOn(report, thread, truth) {
  const codes = [truth.verdict].flat();
  const isOn = (verdict) => verdict.threadId === thread.threadId || truth.anywhere === true;
  const own = report.verdicts.filter((verdict) => codes.includes(verdict.code) && isOn(verdict));
  return own.find((verdict) => verdict.threadId === thread.threadId) ?? own[0];
}

/** The expected verdict on the subject, critical or a warning, and no other; with `null` none at all. */
function judgeVerdicts(report, subjects, truth) {
  const codes = [truth.verdict].flat();
  const wrong = [];
  if (truth.verdict !== null) {
    for (const thread of subjects)
      if (verdictOn(report, thread, truth) === undefined) wrong.push(`no verdict ${codes.join('|')}`);
    const [first] = report.verdicts;
    if (first !== undefined && !codes.includes(first.code)) wrong.push(`first verdict is ${first.code}`);
    if (first?.severity === 'info') wrong.push('its verdict is info');
  }
  const allowed = [...codes, ...(truth.also ?? [])];
  const isAllowed = (verdict) =>
    allowed.includes(verdict.code) &&
    (truth.anywhere === true || subjects.some(({ threadId }) => threadId === verdict.threadId));
  for (const verdict of report.verdicts)
    if (!isAllowed(verdict)) wrong.push(`false alarm: ${verdict.severity} ${verdict.code} ${verdict.text}`);
  return wrong;
}

function judgeHelper(report, helper) {
  if (helper === undefined) return [];
  return report.threads.some((thread) => thread.role === 'helper' && thread.helper === helper)
    ? []
    : [`no helper ${helper}`];
}

function expect(wrong, what, found, expected) {
  if (expected === undefined || [expected].flat().includes(found)) return;
  wrong.push(`${what} ${found}, not ${[expected].flat().join(' or ')}`);
}
