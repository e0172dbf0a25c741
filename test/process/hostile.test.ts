/** Programs that are hard to look at, healthy. */
import { testHostilePrograms } from '../harness/hostile.js';

testHostilePrograms('healthy');
