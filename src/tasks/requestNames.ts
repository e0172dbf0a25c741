/**
 * How requests are named, and with that which of them are one group: by method, host and path. Paths hold ids, and then
 * there are as many as requests: of a host with many paths only those that many requests share keep their name.
 */
import type { WaitsFor } from '../report/types.js';
import type { RequestFacts } from './requestFacts.js';

/** Up to this many paths of a host are all named; of more those that at least one in as many requests asks for. */
export const PATHS_MAX = 8;

const MANY_PATHS = 'other paths';

/** What each of the requests waits for, in their order. */
export function nameRequests(facts: readonly RequestFacts[]): WaitsFor[] {
  const hosts = new Map<string, Map<string, number>>();
  for (const one of facts) {
    const targets = hosts.get(hostKey(one)) ?? new Map<string, number>();
    targets.set(nameOf(one), (targets.get(nameOf(one)) ?? 0) + 1);
    hosts.set(hostKey(one), targets);
  }
  const names = new Map<string, WaitsFor>();
  for (const targets of hosts.values()) {
    const total = targets.size <= PATHS_MAX ? 0 : [...targets.values()].reduce((sum, count) => sum + count, 0);
    for (const [name, count] of targets) if (count * PATHS_MAX < total) targets.set(name, 0);
  }
  return facts.map((one) => {
    const isNamed = (hosts.get(hostKey(one))?.get(nameOf(one)) ?? 0) > 0;
    const what = isNamed ? nameOf(one) : `${one.host}, ${MANY_PATHS}`;
    const key = `${one.kind} ${what}`;
    const name = names.get(key) ?? { kind: one.kind, what };
    names.set(key, name);
    return name;
  });
}

function hostKey({ kind, host }: RequestFacts): string {
  return `${kind} ${host}`;
}

function nameOf({ method, host, path }: RequestFacts): string {
  return `${method} ${host} ${path}`;
}
