/** Programs that are hard to look at, hung. */
import { testHostilePrograms } from '../harness/hostile.js';

testHostilePrograms('hung');
