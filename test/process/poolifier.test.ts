import { testPoolsOf } from '../harness/otherPools.js';

testPoolsOf('poolifier');
