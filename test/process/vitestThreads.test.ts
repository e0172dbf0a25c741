import { testVitestWith } from '../harness/vitest.js';

testVitestWith('threads');
