import { testVitestRun } from '../harness/vitestRun.js';

testVitestRun('threads');
