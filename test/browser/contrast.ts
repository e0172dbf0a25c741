/** How much a page's texts stand out from what is painted behind them. */

/** Colors in sRGB, 0 to 255; that of the text as it is seen, its transparency applied. */
export interface PaintedText {
  text: string;
  color: number[];
  ground: number[];
}

/** Evaluated in a page, gives every text that is shown, as `PaintedText`. */
export const PAINTED_TEXTS = `(() => {
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const groundOf = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const ground = numbers(getComputedStyle(one).backgroundColor);
      if (ground.length === 3 || ground[3] === 1) return ground.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const isShown = (element) => element.getClientRects().length > 0
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
  return [...document.querySelectorAll('body *')].filter(isShown).map((element) => {
    const ground = groundOf(element);
    const opacity = Number(getComputedStyle(element).opacity);
    const color = numbers(getComputedStyle(element).color).slice(0, 3);
    const seen = color.map((value, index) => value * opacity + ground[index] * (1 - opacity));
    return { text: element.className + ': ' + element.textContent.slice(0, 60), color: seen, ground };
  });
})()`;

/** The contrast ratio as WCAG 2 defines it: from 1 to 21. */
export function contrastOf({ color, ground }: PaintedText): number {
  const [more = 0, less = 0] = [luminance(color), luminance(ground)].sort((one, other) => other - one);
  return (more + 0.05) / (less + 0.05);
}

function luminance(color: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
