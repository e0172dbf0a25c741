/**
 * A PNG in a palette of 256 colors, a third of its size. A page has few more colors than that; those that are rare, at the
 * edges of letters, become the nearest one of the palette. For what a browser writes: 8 bits a channel, RGB, not interlaced.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const CHANNELS = 3;
const COLORS_MOST = 256;

/** Where the header says how colors are stored, and what stands there for a palette. */
const COLOR_TYPE_AT = 9;
const PALETTE = 3;

export function smallerPng(png) {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR').data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const data = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data));
  const pixels = unfiltered(inflateSync(data), width, height);
  const palette = frequentColors(pixels);
  header[COLOR_TYPE_AT] = PALETTE;
  return Buffer.concat([
    SIGNATURE,
    chunkOf('IHDR', header),
    chunkOf('PLTE', Buffer.from(palette.flatMap(channelsOf))),
    chunkOf('IDAT', deflateSync(indexed(pixels, palette, width, height), { level: 9 })),
    chunkOf('IEND', Buffer.alloc(0)),
  ]);
}

/** The most frequent colors, and of each kind at least one. */
function frequentColors(pixels) {
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += CHANNELS) {
    const color = pixels.readUIntBE(at, CHANNELS);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const colors = [...counts].sort(([, one], [, other]) => other - one).map(([color]) => color);
  const kinds = new Map(colors.toReversed().map((color) => [kindOf(color), color]));
  return [...new Set([...kinds.values(), ...colors])].slice(0, COLORS_MOST);
}

/** Colors that look alike: a rare green is worth more than one more of many greys. */
function kindOf(color) {
  return channelsOf(color)
    .map((value) => value >> 5)
    .join();
}

/** Rows of places in the palette, each with a zero in front: no filter. */
function indexed(pixels, palette, width, height) {
  const places = new Map(palette.map((color, place) => [color, place]));
  const rows = Buffer.alloc(height * (width + 1));
  for (let at = 0; at < width * height; at++) {
    const color = pixels.readUIntBE(at * CHANNELS, CHANNELS);
    if (!places.has(color)) places.set(color, nearest(color, palette));
    rows[at + Math.floor(at / width) + 1] = places.get(color);
  }
  return rows;
}

function nearest(color, palette) {
  const distances = palette.map((other) => {
    const theirs = channelsOf(other);
    return channelsOf(color).reduce((sum, value, channel) => sum + (value - theirs[channel]) ** 2, 0);
  });
  return distances.indexOf(Math.min(...distances));
}

function channelsOf(color) {
  return [color >> 16, (color >> 8) & 255, color & 255];
}

/** The pixels without what each row says of itself by its neighbours: PNG's filters none, sub, up, average and Paeth. */
function unfiltered(data, width, height) {
  const size = width * CHANNELS;
  const pixels = Buffer.alloc(height * size);
  for (let at = 0; at < pixels.length; at++) {
    const row = Math.floor(at / size);
    const left = at % size < CHANNELS ? 0 : pixels[at - CHANNELS];
    const up = row === 0 ? 0 : pixels[at - size];
    const corner = at % size < CHANNELS || row === 0 ? 0 : pixels[at - size - CHANNELS];
    const filters = [0, left, up, (left + up) >> 1, paeth(left, up, corner)];
    pixels[at] = data[at + row + 1] + filters[data[row * (size + 1)]];
  }
  return pixels;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function chunksOf(png) {
  const chunks = [];
  for (let at = SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    const data = Buffer.from(png.subarray(at + 8, at + 8 + length));
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data });
    at += length + 12;
  }
  return chunks;
}

function chunkOf(type, data) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}
