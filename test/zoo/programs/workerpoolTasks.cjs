const workerpool = require('workerpool');
const { endless, quick } = require('./jestTasks.cjs');

workerpool.worker({ endless, quick });
