/** The JSON Schema that ships in the package, held against every report that a test reads. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** Tests are run from the repository's root. */
export const SCHEMA_FILE = join(process.cwd(), 'src/report/report-1.schema.json');

let compiled: ValidateFunction | null = null;

/** Whether it is a valid report; what is wrong stands in `errors` of the function. */
export function validate(report: unknown): boolean {
  return validator()(report);
}

export function assertValid(report: unknown): void {
  const check = validator();
  assert.ok(check(report), JSON.stringify(check.errors?.slice(0, 10), null, 2));
}

function validator(): ValidateFunction {
  compiled ??= new Ajv2020({ strict: true, allErrors: true }).compile(
    JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object,
  );
  return compiled;
}
