/**
 * A tree of calls as a picture: a row a depth, outermost on top, each call as wide as its value. Selecting a call makes it
 * as wide as the picture; what is too narrow to be seen is not drawn, and comes into sight so.
 */
import { idRuns } from '../../threadNames.js';
import { counted } from '../../amounts.js';
import type { CallNode } from '../callTree.js';
import { element } from '../element.js';
import { nodeOf } from './nodes.js';

/** Share of the picture's width below which calls are not drawn each, but counted in one cell. */
const NARROWEST = 0.004;
const ROW_PX = 26;
const ROWS_MOST = 60;

interface Cell {
  node: CallNode;
  /** From the outermost call to this one. */
  path: readonly CallNode[];
  depth: number;
  /** Between 0 and 1 of the picture's width. */
  left: number;
  width: number;
  /** Whether what it calls is drawn below it: not so for the calls on the way to the selected one. */
  isOpen: boolean;
}

export class Chart {
  readonly #top: CallNode;
  readonly #inWords: (value: number) => string;
  readonly #cells: HTMLElement;
  readonly #detail: HTMLElement;
  readonly #list: HTMLElement | null;
  #described: CallNode;
  #isListed = false;
  readonly #byButton = new WeakMap<Element, Cell>();

  /** Draws into the chart of this id; `inWords` says what a value means. Null where the page has no such chart. */
  static draw(id: string, top: CallNode, inWords: (value: number) => string): Chart | null {
    const frame = document.querySelector(`#${id}`);
    const cells = frame?.querySelector('.chart-cells');
    const detail = frame?.querySelector('.chart-detail');
    if (!(cells instanceof HTMLElement) || !(detail instanceof HTMLElement)) return null;
    const chart = new Chart(top, inWords, cells, detail);
    chart.#begin();
    return chart;
  }

  private constructor(top: CallNode, inWords: (value: number) => string, cells: HTMLElement, detail: HTMLElement) {
    this.#top = top;
    this.#inWords = inWords;
    this.#cells = cells;
    this.#detail = detail;
    this.#list = cells.parentElement?.querySelector<HTMLElement>('.chart-list') ?? null;
    this.#described = top;
  }

  /** Offers a button that searches for what goes through the described call. */
  offer(search: (query: string) => void): void {
    this.#isListed = true;
    this.#list?.addEventListener('click', () => search(this.#described.query ?? ''));
    this.#describe(this.#described);
  }

  #begin(): void {
    const cellOf = (event: Event): Cell | undefined =>
      event.target instanceof Element ? this.#byButton.get(event.target.closest('button') ?? event.target) : undefined;
    this.#cells.addEventListener('click', (event) => {
      const cell = cellOf(event);
      if (cell !== undefined) this.#focus(cell.path);
    });
    // Not `pointerover`: that also comes when a picture drawn anew gets under a pointer at rest.
    for (const name of ['pointermove', 'focusin'])
      this.#cells.addEventListener(name, (event) => {
        const cell = cellOf(event);
        if (cell !== undefined) this.#describe(cell.node);
      });
    this.#cells.addEventListener('keydown', (event) => this.#move(event));
    this.#focus([this.#top]);
  }

  /** Draws the calls on the way to the last of `path` over the whole width, and what that one calls below it. */
  #focus(path: readonly CallNode[]): void {
    const cells = cellsOf(path);
    const depth = cells.reduce(
      (most, cell) => Math.max(most, cell.depth + (cell.isOpen && cell.node.children.length > 0 ? 1 : 0)),
      0,
    );
    this.#cells.style.height = `${(depth + 1) * ROW_PX}px`;
    const hadFocus = this.#cells.contains(document.activeElement);
    const buttons = cells.map((cell) => this.#button(cell));
    this.#cells.replaceChildren(...buttons, ...cells.flatMap((cell) => restOf(cell) ?? []));
    const selected = buttons[path.length - 1];
    if (selected !== undefined) {
      selected.tabIndex = 0;
      selected.setAttribute('aria-current', 'true');
      if (hadFocus) selected.focus();
    }
    const last = path.at(-1);
    if (last !== undefined) this.#describe(last);
  }

  #button(cell: Cell): HTMLElement {
    const { node, depth, left, width } = cell;
    const tone = node.isBlamed ? 'blamed' : node.isOwn ? 'own' : 'other';
    const label = `${node.function} ${node.place}, ${this.#inWords(node.value)}`;
    const button = nodeOf(
      element(
        'button',
        { type: 'button', class: `cell cell-${tone}`, tabindex: -1, 'aria-label': label },
        element('span', { class: 'function' }, node.function),
        node.place === '' ? null : ' ',
        node.place === '' ? null : element('span', { class: 'place' }, node.place),
      ),
    );
    putAt(button, depth, left, width);
    this.#byButton.set(button, cell);
    return button;
  }

  #describe(node: CallNode): void {
    this.#described = node;
    if (this.#list !== null) this.#list.hidden = !this.#isListed || node.query === null;
    const threads =
      node.threadIds.length === 0
        ? ''
        : `, ${node.threadIds.length === 1 ? 'thread' : 'threads'} ${idRuns(node.threadIds)}`;
    const place = node.place === '' ? '' : `  ${node.place}`;
    const whole = nodeOf(element('span', {}, `${node.function}${place}: ${this.#inWords(node.value)}${threads}`));
    this.#detail.replaceChildren(whole);
  }

  /** Arrow keys go from call to call, Escape back to the whole. */
  #move(event: KeyboardEvent): void {
    const cell = event.target instanceof Element ? this.#byButton.get(event.target) : undefined;
    if (cell === undefined) return;
    if (event.key === 'Escape') this.#focus([this.#top]);
    const to = this.#neighbour(cell, event.key);
    if (to === null) return;
    event.preventDefault();
    for (const button of this.#cells.children) if (button instanceof HTMLElement) button.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  #neighbour(from: Cell, key: string): HTMLElement | null {
    const all = [...this.#cells.children].filter((child) => child instanceof HTMLElement);
    const cellOf = (button: HTMLElement): Cell | undefined => this.#byButton.get(button);
    const row = (depth: number): HTMLElement[] => all.filter((button) => cellOf(button)?.depth === depth);
    const middle = from.left + from.width / 2;
    const covers = (button: HTMLElement): boolean => {
      const cell = cellOf(button);
      return cell !== undefined && cell.left <= middle && cell.left + cell.width >= middle;
    };
    const isBelow = (button: HTMLElement): boolean => cellOf(button)?.path.at(-2) === from.node;
    if (key === 'ArrowUp') return row(from.depth - 1).find(covers) ?? null;
    if (key === 'ArrowDown') return row(from.depth + 1).find(isBelow) ?? null;
    const same = row(from.depth);
    const at = same.findIndex((button) => cellOf(button) === from);
    if (key === 'ArrowLeft') return same[at - 1] ?? null;
    return key === 'ArrowRight' ? (same[at + 1] ?? null) : null;
  }
}

function cellsOf(path: readonly CallNode[]): Cell[] {
  const cells: Cell[] = path.map((node, depth) => ({
    node,
    path: path.slice(0, depth + 1),
    depth,
    left: 0,
    width: 1,
    isOpen: depth === path.length - 1,
  }));
  const open = cells.slice(-1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const below = next.depth + 1 < ROWS_MOST ? childCells(next) : [];
    cells.push(...below);
    open.push(...below);
  }
  return cells;
}

function putAt(node: HTMLElement, depth: number, left: number, width: number): void {
  node.style.left = `${left * 100}%`;
  node.style.width = `${width * 100}%`;
  node.style.top = `${depth * ROW_PX}px`;
}

/** What stands for the calls below a cell that are too narrow each; null where there are none. They are the last ones. */
function restOf(parent: Cell): HTMLElement | null {
  const narrow = parent.isOpen ? parent.node.children.filter((node) => widthOf(parent, node) < NARROWEST) : [];
  const width = narrow.reduce((sum, node) => sum + widthOf(parent, node), 0);
  if (width < NARROWEST) return null;
  const drawn = parent.node.children.slice(0, parent.node.children.length - narrow.length);
  const left = drawn.reduce((sum, node) => sum + widthOf(parent, node), parent.left);
  const rest = nodeOf(
    element('span', { class: 'cell cell-rest' }, element('span', {}, `${counted(narrow.length, 'narrow call')}`)),
  );
  putAt(rest, parent.depth + 1, left, width);
  return rest;
}

function widthOf(parent: Cell, node: CallNode): number {
  return parent.node.value === 0 ? 0 : (parent.width * node.value) / parent.node.value;
}

function childCells(parent: Cell): Cell[] {
  const cells: Cell[] = [];
  let { left } = parent;
  for (const node of parent.node.children) {
    const width = widthOf(parent, node);
    if (width >= NARROWEST)
      cells.push({ node, path: [...parent.path, node], depth: parent.depth + 1, left, width, isOpen: true });
    left += width;
  }
  return cells;
}
