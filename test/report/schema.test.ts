/** The JSON Schema of the report, held against the types, the order of keys, and reports of real processes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { renderJson } from '../../src/view/json.js';
import { inKeyOrder } from '../../src/view/keyOrder.js';
import { assertValid, SCHEMA_FILE, validate } from '../harness/schema.js';
import { ROOT, spawnFixture, type FixtureOptions } from '../harness/spawn.js';
import { sampleReport } from './sample.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: string[];
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  $defs?: Record<string, Schema>;
}

const SCHEMA = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Schema;
const TYPES = ['types', 'threadTypes', 'taskTypes', 'poolTypes']
  .map((name) => readFileSync(join(ROOT, `src/report/${name}.ts`), 'utf8'))
  .join('\n');
/** What a reader of the JSON gets. */
function printed(report: Report, sections?: string[]): Record<string, unknown> {
  return JSON.parse(renderJson(report, sections === undefined ? {} : { sections })) as Record<string, unknown>;
}

function definition(reference: string): Schema {
  const found = SCHEMA.$defs?.[reference.replace('#/$defs/', '')];
  assert.ok(found !== undefined, `${reference} is defined`);
  return found;
}

/** The properties that a value of this schema has, through references, lists and `or null`. */
function propertiesOf(schema: Schema): Record<string, Schema> {
  if (schema.$ref !== undefined) return propertiesOf(definition(schema.$ref));
  if (schema.items !== undefined) return propertiesOf(schema.items);
  if (schema.anyOf !== undefined) return Object.assign({}, ...schema.anyOf.map(propertiesOf)) as Record<string, Schema>;
  return schema.properties ?? {};
}

/** An object that has every key somebody asks for, at every depth: so `inKeyOrder` shows all keys it knows. */
function everyKey(): object {
  return new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: null }),
      get: () => everyKey(),
    },
  );
}

/** @param known - what `inKeyOrder` made of an object with every key */
function compareKeys(schema: Schema, known: object, path: string): void {
  const keys = Object.keys(known);
  // A key whose value `inKeyOrder` does not look into: one key within has no order.
  if (keys.length === 0) return assert.ok(Object.keys(propertiesOf(schema)).length <= 1, path);
  assert.deepEqual(Object.keys(propertiesOf(schema)), keys, path);
  if (path.includes('children/children')) return;
  for (const [key, value] of Object.entries(known))
    compareKeys(propertiesOf(schema)[key] ?? {}, value as object, `${path}/${key}`);
}

/** Every schema within, with where it stands. */
function* parts(schema: Schema, path: string): Generator<[string, Schema]> {
  yield [path, schema];
  const below = {
    ...schema.properties,
    ...schema.$defs,
    ...(schema.items === undefined ? {} : { items: schema.items }),
  };
  for (const [key, value] of Object.entries(below)) yield* parts(value, `${path}/${key}`);
  for (const value of schema.anyOf ?? []) yield* parts(value, path);
}

async function reportOf(hangs: readonly string[], options: FixtureOptions = {}): Promise<Report> {
  const fixture = spawnFixture('hangs.cjs', { args: hangs, ...options, env: { GMR_FORMAT: 'json', ...options.env } });
  try {
    await fixture.ready();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    fixture.signal('SIGUSR2');
    return await fixture.report();
  } finally {
    await fixture.stop();
  }
}

test('the schema and the order of keys agree, key by key', () => {
  compareKeys(SCHEMA, inKeyOrder(everyKey()), '');
});

test('every key is described, and every key of an object is required but those of sections', () => {
  for (const [path, part] of parts(SCHEMA, '')) {
    for (const [key, value] of Object.entries(part.properties ?? {}))
      assert.match(value.description ?? '', /\.$/, `${path}/${key} is described`);
    if (part.properties === undefined) continue;
    const required = path === '' ? ['format', 'formatVersion', 'report', 'process'] : Object.keys(part.properties);
    assert.deepEqual(part.required, required, path);
  }
});

test('the values of each union are those of the types', () => {
  const unions = [...TYPES.matchAll(/^export type (\w+) =([^;`{]+);/gm)];
  assert.ok(unions.length >= 8, 'the types were found');
  for (const [, name = '', values = ''] of unions) {
    const { enum: listed } = definition(`${name[0]?.toLowerCase()}${name.slice(1)}`);
    assert.deepEqual(
      listed,
      [...values.matchAll(/'([^']+)'/g)].map(([, value]) => value),
      name,
    );
  }
});

test('a report is valid, whole, as it is printed, and with any section left out', () => {
  assertValid(sampleReport());
  assertValid(printed(sampleReport()));
  const without = ['package', 'threads', 'tasks', 'pools', 'processes', 'configuration'];
  for (const name of without) {
    const report = printed(sampleReport(), [`-${name}`]);
    assert.ok(!(name in report), name);
    assertValid(report);
  }
});

test('keys that a later version added are no fault', () => {
  const report = sampleReport();
  Object.assign(report, { extra: 1 });
  Object.assign(report.threads[0] ?? {}, { extra: { deep: true } });
  assertValid(report);
});

test('what is no such report is refused', () => {
  const breaks: ((report: Report) => void)[] = [
    (report) => Object.assign(report, { formatVersion: 2 }),
    (report) => Reflect.deleteProperty(report, 'process'),
    (report) => Reflect.deleteProperty(report.threads[0] ?? {}, 'pauseMs'),
    (report) => Object.assign(report.threads[0]?.stack[0] ?? {}, { line: 0 }),
    (report) => Object.assign(report.threads[0]?.stack[0] ?? {}, { kind: 'Promise.all' }),
    (report) => Object.assign(report.report, { requestedAt: 'yesterday' }),
    (report) => Object.assign(report.verdicts[0] ?? {}, { code: 'bad-luck' }),
    (report) => Object.assign(report.tasks.groups[0]?.ageMs ?? {}, { median: null }),
    (report) => Object.assign(report.processes[0]?.children[0] ?? {}, { pid: '4300' }),
  ];
  for (const [index, spoil] of breaks.entries()) {
    const report = sampleReport();
    spoil(report);
    assert.equal(validate(report), false, `break ${index}`);
  }
});

test('reports of real processes are valid: idle, hung workers, and a hung main', { timeout: 60_000 }, async () => {
  const ways = ['worker:spin', 'worker:park', 'worker:execSync', 'worker:microtasks', 'bare:idle'];
  assertValid(await reportOf([]));
  assertValid(await reportOf(ways));
  assertValid(await reportOf(['worker:idle', 'main:spin']));
  assertValid(await reportOf([], { env: { GMR_SENTINEL: 'off' } }));
  const without = await reportOf([], { env: { GMR_SECTIONS: '-processes,-configuration', GMR_TASKS: 'off' } });
  assert.ok(!('processes' in without));
  assertValid(without);
});
