/**
 * Whether data that came from outside is a report: the JSON Schema of the package, held against its structure. Values that
 * later versions may add (a state, a verdict's code) are let through, and so are keys; views say of what they do not know
 * that they do not know it.
 */
import schema from './report-1.schema.json' with { type: 'json' };

/** What of JSON Schema decides about a value's structure; the rest (patterns, ranges) decides about its meaning. */
interface Structure {
  description?: string;
  $ref?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Structure[];
  required?: readonly string[];
  properties?: Readonly<Record<string, Structure>>;
  items?: Structure;
  additionalProperties?: boolean | Structure;
}

interface Place {
  value: unknown;
  structure: Structure;
  path: string;
  depth: number;
}

const DEFINITIONS: Readonly<Record<string, Structure>> = schema.$defs;
const ANYTHING: Structure = {};

/** Free data is cut at 12 levels when a report is made, its process tree at 32: no report of ours comes near. */
const DEPTH_MOST = 100;

/** What is wrong with `value` as a report of format version 1, in one line without hostile characters; null when nothing is. */
export function structuralFault(value: unknown): string | null {
  const open: Place[] = [{ value, structure: schema, path: 'the report', depth: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (place.depth > DEPTH_MOST) return 'it is nested deeper than any report';
    const fault = placeFault(place, open);
    if (fault !== null) return fault;
  }
  return null;
}

/** Checks one place, and opens those below it; without recursion, since the depth is not ours to choose. */
function placeFault({ value, structure, path, depth }: Place, open: Place[]): string | null {
  const type = typeOf(value);
  const branch = branchFor(type, structure);
  if (branch === null) return `${path} is ${withArticle(type)}, expected ${typesOf(structure).join(' or ')}`;
  const push = (below: unknown, inside: Structure, name: string): void => {
    open.push({ value: below, structure: inside, path: path === 'the report' ? name : path + name, depth: depth + 1 });
  };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) push(item, branch.items ?? ANYTHING, `[${index}]`);
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const missing = branch.required?.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${path} has no ${missing}`;
  const { properties = {}, additionalProperties: others } = branch;
  for (const [key, item] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const name = path === 'the report' ? key : `.${known === undefined ? '*' : key}`;
    push(item, known ?? (typeof others === 'object' ? others : ANYTHING), name);
  }
  return null;
}

/** The alternative that takes values of this type, references followed; null for none. */
function branchFor(type: string, structure: Structure): Structure | null {
  const resolved = resolve(structure);
  if (resolved.anyOf !== undefined) {
    for (const alternative of resolved.anyOf) {
      const branch = branchFor(type, alternative);
      if (branch !== null) return branch;
    }
    return null;
  }
  const types = typesOf(resolved);
  const isTaken = types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number'));
  return isTaken ? resolved : null;
}

/** The names of the types that are taken; none where all are. */
function typesOf(structure: Structure): string[] {
  const { type, enum: values, const: constant, anyOf } = resolve(structure);
  if (anyOf !== undefined) return [...new Set(anyOf.flatMap(typesOf))];
  if (type !== undefined) return typeof type === 'string' ? [type] : [...type];
  if (constant !== undefined) return [typeOf(constant)];
  return [...new Set((values ?? []).map(typeOf))];
}

function resolve(structure: Structure): Structure {
  const name = structure.$ref?.slice('#/$defs/'.length);
  return name === undefined ? structure : resolve(DEFINITIONS[name] ?? ANYTHING);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function withArticle(type: string): string {
  if (type === 'null') return 'null';
  return `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`;
}
