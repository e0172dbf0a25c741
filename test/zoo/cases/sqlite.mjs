/** A query that never ends. */
export const truth = {
  needs: 'node:sqlite',
  state: 'native-cpu',
  function: null,
  verdict: 'thread-native-cpu',
  readBy: 'kernel',
};

export function hang() {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const database = new DatabaseSync(':memory:');
  database.prepare('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n').get();
}
