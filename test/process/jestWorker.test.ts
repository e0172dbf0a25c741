import { testPoolsOf } from '../harness/otherPools.js';

testPoolsOf('jest-worker');
