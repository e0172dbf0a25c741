/** A section that several threads registered is one section, with a block a thread. */
import type { Json, SectionReport } from '../report/types.js';
import type { Collected } from './collected.js';

export function mergeSections({ main, threadSections }: Collected): SectionReport[] {
  const merged = new Map<string, SectionReport>(main.sections.map((section) => [section.title, section]));
  const blocks = new Map<string, { [thread: string]: Json }>();
  for (const { threadId, sections } of threadSections) {
    for (const section of sections) {
      const block = blocks.get(section.title) ?? blockOfMain(merged.get(section.title));
      block[`thread ${threadId}`] = section.error === null ? section.data : { error: section.error };
      blocks.set(section.title, block);
    }
  }
  for (const [title, data] of blocks) merged.set(title, { title, data, error: null });
  return [...merged.values()];
}

function blockOfMain(section: SectionReport | undefined): { [thread: string]: Json } {
  if (section === undefined) return {};
  return { main: section.error === null ? section.data : { error: section.error } };
}
