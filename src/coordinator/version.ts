/** Replaced by the build with the version in package.json. */
declare const GURU_MEDITATION_VERSION: string;

export const VERSION = typeof GURU_MEDITATION_VERSION === 'string' ? GURU_MEDITATION_VERSION : '0.0.0';
