import { ThreadWorker } from 'poolifier';
import { endless, quick } from './piscinaTasks.mjs';

export default new ThreadWorker({ endless, quick });
