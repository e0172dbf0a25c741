/** What the page does in a browser: it filters, draws, copies and saves. Everything else it shows without scripts as well. */
import type { Report } from '../../../report/types.js';
import { percent } from '../../amounts.js';
import { wholeReport } from '../../../report/whole.js';
import { awaitTree, hotTree } from '../callTree.js';
import { Chart } from './chart.js';
import { copyFrom } from './clipboard.js';
import { filterThreads } from './threadFilter.js';
import { TaskList } from './taskList.js';
import { offerJson } from './wholeJson.js';

const json = document.querySelector('#report')?.textContent ?? '{}';
const report = wholeReport(JSON.parse(json) as Report);

document.documentElement.classList.add('scripted');
copyFrom(document);
offerJson(json, report.report.id);
filterThreads();
const list = TaskList.begin(report);

const awaits = awaitTree(report);
const chart = Chart.draw('awaits', awaits, (value) => `${value} of ${awaits.value} tasks`);
if (list !== null) chart?.offer((query) => list.search(query));

const hot = hotTree(report);
Chart.draw('hot', hot, (value) => `${percent(value / hot.value)} of the samples`);
