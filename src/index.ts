export {
  setup,
  report,
  registerSection,
  label,
  withLabels,
  instrument,
  whyAlive,
  type LabelValue,
  type WhyAliveOptions,
} from './coordinator/api.js';
export type { InstrumentOptions } from './pools/instrument.js';
export type { SectionGenerator, SectionOptions } from './sections/registered.js';
export { render } from './view/render.js';
export { diffReports, type ReportDiff } from './report/diff.js';
export { GuruError, OptionError, type GuruErrorCode } from './errors.js';
export type { SetupOptions, Format } from './options.js';
export type * from './report/types.js';
