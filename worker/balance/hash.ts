/** Weighted rendezvous hashing: each key ranks all backends; when one leaves, only its keys move. No I/O. */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A 32-bit hash of a string: FNV-1a over UTF-16 units, then MurmurHash3's finaliser for the avalanche. */
export function hash32(text: string): number {
  let h = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), FNV_PRIME);
  return mix(h);
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The score of a backend for a key: the greatest score wins, which happens in proportion to the weights
 * (Mosharaf et al., weighted rendezvous: -w / ln u with u uniform in (0, 1)). Weight 0 scores -Infinity.
 */
export function score(keyHash: number, backendHash: number, weight: number): number {
  if (weight <= 0) return Number.NEGATIVE_INFINITY;
  const uniform = (mix(keyHash ^ Math.imul(backendHash, 0x9e3779b1)) + 0.5) / 4294967296;
  return -weight / Math.log(uniform);
}

/** Normalises an address for hashing: of an IPv6 address only the /64 counts, since clients change the rest (RFC 8981). */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const plain = address.toLowerCase().split('%')[0]!;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  if (mapped) return mapped[1]!;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap =
    tail === undefined ? [] : new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...gap, ...right].slice(0, 4);
  return groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}
