import { ThreadWorker } from 'poolifier';
import tasks from './jestTasks.cjs';

export default new ThreadWorker({ ...tasks });
