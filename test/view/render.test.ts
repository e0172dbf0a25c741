import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuruError } from '../../src/errors.js';
import { render } from '../../src/view/render.js';
import type { Format } from '../../src/optionChecks.js';
import { sampleReport } from '../report/sample.js';

const isViewError =
  (message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof GuruError);
    assert.equal(error.code, 'GMR_VIEW');
    assert.match(error.message, message);
    return true;
  };

test('every view ends in one line break and leaves the report as it was', () => {
  for (const view of ['text', 'json', 'xml', 'html', 'summary'] as const) {
    const report = sampleReport();
    assert.match(render(report, view), /[^\n]\n$/, view);
    assert.deepEqual(report, sampleReport(), view);
  }
});

test('a function is a view', () => {
  assert.equal(
    render(sampleReport(), (report) => report.report.id),
    'web-07-4242-k3f9-1',
  );
});

test('an unknown view is an error that names those there are', () => {
  assert.throws(
    () => render(sampleReport(), 'pdf' as Format),
    isViewError(/no view "pdf"; there are text, json, xml, html, summary/),
  );
  assert.throws(() => render(sampleReport(), 'toString' as Format), isViewError(/no view "toString"/));
});

test('a view function that fails is an error with its cause', () => {
  const cause = new Error('no ink');
  const failing = (): string => {
    throw cause;
  };
  assert.throws(() => render(sampleReport(), failing), isViewError(/no ink/));
  assert.throws(() => render(sampleReport(), () => 7 as unknown as string), isViewError(/returned number/));
});
