const workerpool = require('workerpool');
const tasks = require('./jestTasks.cjs');

workerpool.worker(tasks);
